package org.pocketdistill.pipeline.lm;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.manifest.ByteProgress;
import org.pocketdistill.pipeline.manifest.PackageManifest;
import org.pocketdistill.pipeline.manifest.PackageVerifier;
import org.pocketdistill.pipeline.onnx.OnnxExporter;

/** Weights in several files are the same model to ONNX Runtime. */
class ChunkedPackageTest {
  private static final long CHUNK = 20_000;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"qwen3,FP32", "qwen2,FP32", "qwen3,INT8", "qwen2,INT8"})
  void onnxRuntimeLoadsTheChunks(String checkpoint, OnnxPrecision precision) throws IOException {
    Path whole = export(checkpoint, precision, OnnxExporter.Options.CHUNK_BYTES);
    Path chunked = export(checkpoint, precision, CHUNK);

    assertThat(chunks(whole)).containsOnlyKeys("model.onnx.data");
    Map<String, Integer> chunks = chunks(chunked);
    assertThat(chunks).containsKeys("model.onnx.data", "model.onnx.data.1");
    for (Map.Entry<String, Integer> chunk : chunks.entrySet()) {
      if (chunk.getValue() > 1) {
        assertThat(Files.size(chunked.resolve(chunk.getKey()))).isLessThanOrEqualTo(CHUNK);
      }
    }
    PackageManifest manifest = PackageManifest.read(chunked);
    assertThat(manifest.files()).extracting(file -> file.path()).containsAll(chunks.keySet());
    assertThat(PackageVerifier.verify(chunked, manifest, ByteProgress.NONE)).isEmpty();

    int[] row = {5, 250, 9, 17, 100, 3};
    try (OrtDecoder one = OrtDecoder.open(whole);
        OrtDecoder many = OrtDecoder.open(chunked)) {
      assertThat(many.logits(row)).isDeepEqualTo(one.logits(row));
    }
  }

  private Path export(String checkpoint, OnnxPrecision precision, long chunkBytes)
      throws IOException {
    Path target = folder.resolve("chunks" + chunkBytes);
    OnnxExporter.Options options =
        new OnnxExporter.Options(precision, 64, Map.of(), Int4Config.DEFAULT, chunkBytes);
    return OnnxExporter.export(Checkpoints.folder(checkpoint), target, options, p -> target);
  }

  /** Number of tensors in each file that the graph names. */
  private static Map<String, Integer> chunks(Path folder) throws IOException {
    ModelProto model = ModelProto.parseFrom(Files.readAllBytes(folder.resolve("model.onnx")));
    Map<String, Integer> chunks = new TreeMap<>();
    for (TensorProto tensor : model.getGraph().getInitializerList()) {
      chunks.merge(location(tensor.getExternalDataList()), 1, Integer::sum);
    }
    return chunks;
  }

  private static String location(List<StringStringEntryProto> entries) {
    return entries.stream()
        .filter(entry -> entry.getKey().equals("location"))
        .map(StringStringEntryProto::getValue)
        .findFirst()
        .orElseThrow();
  }
}
