package org.pocketdistill.pipeline.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.config.Int4Config.Algorithm;
import org.pocketdistill.pipeline.lm.OrtDecoder;
import org.pocketdistill.pipeline.model.HfConfigFile;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.plan.Int4Budget;
import org.pocketdistill.pipeline.plan.ModelBudget;
import org.pocketdistill.pipeline.safetensors.FloatCodec;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.pipeline.safetensors.SafetensorsWriter;

/** Whole decoders in int4. */
class Int4ExportTest {
  /** Logits are of size 1 to 10; sums in another order change them by about 1e-5. */
  private static final float ROUNDING = 1e-4f;

  /** What activations in 8 bits, a scale for each block, change of them. */
  private static final float COARSE_ACTIVATIONS = 0.5f;

  private static final int CONTEXT = 32;
  private static final int[] ROW = IntStream.range(0, 20).map(i -> 11 * i % 256).toArray();

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "qwen3, true, RTN, 8, 32", "qwen3, false, RTN, 4, 64", "qwen3, false, HQQ, 8, 32",
    "llama_gqa, true, RTN, 8, 32", "qwen2, false, RTN, 8, 32", "mistral, false, HQQ, 4, 32"
  })
  void givesTheLogitsOfTheRoundedWeights(
      String name, boolean symmetric, Algorithm algorithm, int headBits, int blockSize)
      throws IOException {
    Int4Config exact = new Int4Config(blockSize, Optional.of(symmetric), algorithm, headBits, 0);
    Int4Config coarse = new Int4Config(blockSize, Optional.of(symmetric), algorithm, headBits, 4);
    Path rounded =
        new RoundedCheckpoint(Checkpoints.folder(name), exact).write(folder.resolve("rounded"));
    float[][] expected = logits(export(rounded, "fp32", OnnxPrecision.FP32, exact));

    float[][] fine = logits(export(Checkpoints.folder(name), "fine", OnnxPrecision.INT4, exact));
    assertThat(largestDifference(fine, expected)).isLessThan(ROUNDING);
    float[][] rough = logits(export(Checkpoints.folder(name), "rough", OnnxPrecision.INT4, coarse));
    assertThat(largestDifference(rough, expected)).isLessThan(COARSE_ACTIVATIONS);
    if (algorithm == Algorithm.RTN) {
      assertThat(largestDifference(rough, expected)).isGreaterThan(ROUNDING);
    }
  }

  private static float largestDifference(float[][] found, float[][] expected) {
    float largest = 0;
    for (int i = 0; i < expected.length; i++) {
      for (int j = 0; j < expected[i].length; j++) {
        largest = Math.max(largest, Math.abs(found[i][j] - expected[i][j]));
      }
    }
    return largest;
  }

  private static float[][] logits(Path target) throws IOException {
    try (OrtDecoder decoder = OrtDecoder.open(target)) {
      return decoder.logits(ROW);
    }
  }

  private Path export(Path model, String name, OnnxPrecision precision, Int4Config int4)
      throws IOException {
    Path target = folder.resolve(name);
    OnnxExporter.Options options =
        new OnnxExporter.Options(
            precision, CONTEXT, Map.of(), int4, OnnxExporter.Options.CHUNK_BYTES);
    return OnnxExporter.export(model, target, options, written -> target);
  }

  @ParameterizedTest
  @CsvSource({"true, RTN, 8, 32", "false, RTN, 4, 64", "false, HQQ, 8, 128"})
  void takesTheBytesThatWereForetold(
      boolean symmetric, Algorithm algorithm, int headBits, int blockSize) throws IOException {
    Int4Config int4 = new Int4Config(blockSize, Optional.of(symmetric), algorithm, headBits, 4);
    Path checkpoint = Checkpoints.folder("qwen3"); // heads of 16, which need no zeros
    ModelConfig config = HfConfigFile.read(checkpoint);

    ModelProto model = read(export(checkpoint, "package", OnnxPrecision.INT4, int4));

    Map<String, Long> regions = new HashMap<>();
    model.getGraph().getInitializerList().forEach(t -> regions.put(at(t, "offset"), length(t)));
    long stored = regions.values().stream().mapToLong(Long::longValue).sum();
    long rotary = 4L * CONTEXT * config.headDim();
    assertThat(stored)
        .isEqualTo(new Int4Budget(new ModelBudget(config), int4).weightBytes() + rotary);
    assertThat(regions)
        .as("embedding and head are one table under two names")
        .hasSize(model.getGraph().getInitializerCount() - 1);
  }

  private static long length(TensorProto tensor) {
    return Long.parseLong(at(tensor, "length"));
  }

  private static String at(TensorProto tensor, String key) {
    return tensor.getExternalDataList().stream()
        .filter(entry -> entry.getKey().equals(key))
        .map(StringStringEntryProto::getValue)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void multipliesInBlocksEverywhere() throws IOException {
    Path target =
        export(Checkpoints.folder("llama_gqa"), "package", OnnxPrecision.INT4, Int4Config.DEFAULT);
    ModelProto model = read(target);

    Map<String, Long> count =
        model.getGraph().getNodeList().stream()
            .collect(Collectors.groupingBy(NodeProto::getOpType, Collectors.counting()));
    assertThat(count)
        .containsEntry("MatMulNBits", 2 * 5 + 1L)
        .containsEntry("GatherBlockQuantized", 1L);
    assertThat(count).doesNotContainKeys("MatMul", "FusedMatMul");
    assertThat(model.getGraph().getNodeList())
        .filteredOn(node -> node.getOpType().equals("MatMulNBits"))
        .allSatisfy(
            node ->
                assertThat(node.getAttributeList())
                    .anyMatch(a -> a.getName().equals("accuracy_level") && a.getI() == 4));
    assertThat(Files.readString(target.resolve("genai_config.json")))
        .as("its products do not saturate")
        .doesNotContain("x64quantprecision");
  }

  private static ModelProto read(Path target) throws IOException {
    return ModelProto.parseFrom(Files.readAllBytes(target.resolve("model.onnx")));
  }

  @Test
  void namesWeightsThatAreNotNumbers() throws IOException {
    Path model = Files.createDirectory(folder.resolve("broken"));
    Path source = Checkpoints.folder("llama_gqa");
    Files.copy(source.resolve("config.json"), model.resolve("config.json"));
    try (SafetensorsFile file = SafetensorsFile.open(source)) {
      SafetensorsWriter.write(
          model.resolve("model.safetensors"),
          file.names().stream().map(file::info).toList(),
          info -> {
            float[] values = file.floats(info.name());
            if (info.name().equals("model.layers.1.mlp.down_proj.weight")) {
              values[5 * 64 + 7] = Float.NaN;
            }
            return FloatCodec.encode(info.dtype(), values);
          });
    }

    assertThatThrownBy(() -> export(model, "package", OnnxPrecision.INT4, Int4Config.DEFAULT))
        .isInstanceOf(DataException.class)
        .hasMessage(
            "tensor 'model.layers.1.mlp.down_proj.weight': row 5 holds NaN, expected finite"
                + " numbers");
    assertThat(folder.resolve("package")).doesNotExist();
  }
}
