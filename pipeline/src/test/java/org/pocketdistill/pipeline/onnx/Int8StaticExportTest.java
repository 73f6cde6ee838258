package org.pocketdistill.pipeline.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.calibrate.ScaledCheckpoint;
import org.pocketdistill.pipeline.calibrate.TinyCalibration;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.Int8StaticConfig;
import org.pocketdistill.pipeline.lm.OrtDecoder;
import org.pocketdistill.pipeline.model.HfConfigFile;

/** Whole decoders whose activations are rounded to ranges that were settled before. */
class Int8StaticExportTest {
  private static final int[] ROW = IntStream.range(0, 20).map(i -> 11 * i % 256).toArray();

  @TempDir Path folder;

  private static Int8StaticConfig config(Int8StaticConfig.Calibration method, Double alpha) {
    return new Int8StaticConfig(method, 99.9, Optional.empty(), Optional.ofNullable(alpha));
  }

  private Path export(Path model, String name, Int8StaticConfig config) throws IOException {
    Path target = folder.resolve(name);
    OnnxExporter.Options options =
        new OnnxExporter.Options(OnnxPrecision.INT8_STATIC, 32, Map.of())
            .with(config)
            .with(new Calibration(TinyCalibration.batches(model), widened -> 0));
    return OnnxExporter.export(model, target, options, written -> target);
  }

  private double error(Path model, String name, Int8StaticConfig config) throws IOException {
    float[][] found = logits(export(model, name, config));
    OnnxExporter.Options options = new OnnxExporter.Options(OnnxPrecision.FP32, 32, Map.of());
    Path target = folder.resolve("fp32");
    float[][] expected = logits(OnnxExporter.export(model, target, options, written -> target));
    double squares = 0;
    for (int i = 0; i < expected.length; i++) {
      for (int j = 0; j < expected[i].length; j++) {
        squares += Math.pow(found[i][j] - expected[i][j], 2);
      }
    }
    return Math.sqrt(squares / expected.length / expected[0].length);
  }

  private static float[][] logits(Path target) throws IOException {
    try (OrtDecoder decoder = OrtDecoder.open(target)) {
      return decoder.logits(ROW);
    }
  }

  @ParameterizedTest
  @EnumSource(Int8StaticConfig.Calibration.class)
  void roundsToEachKindOfRange(Int8StaticConfig.Calibration method) throws IOException {
    double error = error(Checkpoints.folder("qwen3"), "package", config(method, null));

    // 0.07, 0.10 and 0.09 were seen, of logits with a deviation of 1.4.
    assertThat(error).isBetween(1e-3, 0.2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama_gqa", "qwen3", "llama_tied_mha"})
  void smoothingHelpsAgainstAnOutlier(String name) throws IOException {
    Path model =
        ScaledCheckpoint.withOutlier(Checkpoints.folder(name), 5, 100, folder.resolve("outlier"));

    double plain = error(model, "plain", config(Int8StaticConfig.Calibration.MINMAX, null));
    double smooth = error(model, "smooth", config(Int8StaticConfig.Calibration.MINMAX, 0.5));

    // 1.0 to 1.7 and 0.06 to 0.13 were seen.
    assertThat(smooth).isLessThan(plain / 4);
  }

  /** So that products are of bytes, and no matrix is unpacked in memory. */
  @Test
  void onnxRuntimeFusesEveryProduct() throws IOException, OrtException {
    Path checkpoint = Checkpoints.folder("qwen3"); // embedding and head are one table
    Path target = export(checkpoint, "package", config(Int8StaticConfig.Calibration.MINMAX, 0.5));
    Path optimised = folder.resolve("optimised.onnx");
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setOptimizedModelFilePath(optimised.toString());
      OrtEnvironment.getEnvironment()
          .createSession(target.resolve("model.onnx").toString(), options)
          .close();
    }

    Map<String, Long> count =
        ModelProto.parseFrom(Files.readAllBytes(optimised)).getGraph().getNodeList().stream()
            .collect(Collectors.groupingBy(NodeProto::getOpType, Collectors.counting()));

    long layers = HfConfigFile.read(checkpoint).numHiddenLayers();
    assertThat(count).containsEntry("MatMulIntegerToFloat", 5 * layers + 1);
    assertThat(count).doesNotContainKeys("MatMul", "DequantizeLinear", "FusedMatMul");
    assertThat(Files.readString(target.resolve("genai_config.json"))).contains("x64quantprecision");
    assertThat(Files.readString(target.resolve("manifest.json")))
        .contains("\"smooth_quant\"", "\"calibration\"", "\"int8_static\"");
  }

  @Test
  void needsText() {
    OnnxExporter.Options options =
        new OnnxExporter.Options(OnnxPrecision.INT8_STATIC, 32, Map.of());
    Path target = folder.resolve("package");

    assertThatThrownBy(
            () ->
                OnnxExporter.export(
                    Checkpoints.folder("qwen3"), target, options, written -> target))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("int8_static has 0 tokens to calibrate on, expected at least 64");
    assertThat(target).doesNotExist();
  }
}
