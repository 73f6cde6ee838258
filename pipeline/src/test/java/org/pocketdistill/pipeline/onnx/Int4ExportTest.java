package org.pocketdistill.pipeline.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.calibrate.StructuredText;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.config.Int4Config.Algorithm;
import org.pocketdistill.pipeline.config.MixedConfig;
import org.pocketdistill.pipeline.lm.ExportCheck;
import org.pocketdistill.pipeline.lm.ExportCheck.Tolerance;
import org.pocketdistill.pipeline.lm.OrtDecoder;
import org.pocketdistill.pipeline.lm.TorchDecoder;
import org.pocketdistill.pipeline.model.HfConfigFile;
import org.pocketdistill.pipeline.model.HfFolder;
import org.pocketdistill.pipeline.model.LayerStep;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.Projection;
import org.pocketdistill.pipeline.model.SteppedDecoder;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.model.WeightLayout;
import org.pocketdistill.pipeline.model.Weights;
import org.pocketdistill.pipeline.plan.Int4Budget;
import org.pocketdistill.pipeline.plan.ModelBudget;
import org.pocketdistill.pipeline.quantize.BlockFormat;
import org.pocketdistill.pipeline.safetensors.FloatCodec;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.pipeline.safetensors.SafetensorsWriter;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** Whole decoders in int4. */
class Int4ExportTest {
  /** Logits are of size 1 to 10; sums in another order change them by about 1e-5. */
  private static final float ROUNDING = 1e-4f;

  /** What activations in 8 bits, a scale for each block, change of them. */
  private static final float COARSE_ACTIVATIONS = 0.5f;

  private static final int CONTEXT = 32;
  private static final int[] ROW = IntStream.range(0, 20).map(i -> 11 * i % 256).toArray();

  private static final List<Batch> TEXT =
      StructuredText.batches(StructuredText.rows(7, 40, CONTEXT));

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

  @ParameterizedTest
  @CsvSource({"qwen3, true, 32", "qwen3, false, 64", "llama_gqa, true, 32", "qwen2, false, 32"})
  void gptqGivesTheLogitsOfWhatItsCodesStandForAndLosesLess(
      String name, boolean symmetric, int blockSize) throws IOException {
    Path source = Checkpoints.folder(name);
    Int4Config exact = int4(Algorithm.GPTQ, symmetric, blockSize);

    Path packaged = export(source, "gptq", exact, TEXT);

    PackagedBlocks blocks = PackagedBlocks.open(packaged, new BlockFormat(4, blockSize));
    Path rounded =
        new RoundedCheckpoint(
                source, exact, (tensor, matrix) -> blocks.values(tensor, matrix.columns()))
            .write(folder.resolve("rounded"));
    float[][] expected = logits(export(rounded, "fp32", OnnxPrecision.FP32, exact));
    assertThat(largestDifference(logits(packaged), expected)).isLessThan(ROUNDING);
    JsonNode found = QuantizationFile.read(packaged).orElseThrow();
    assertThat(found.path("matrices")).hasSize(2 * 5);
    for (JsonNode matrix : found.path("matrices")) {
      assertThat(matrix.path("gptq_error").doubleValue())
          .as("%s", matrix)
          .isPositive()
          .isLessThan(matrix.path("rtn_error").doubleValue());
    }
    Path nearest = export(source, "rtn", int4(Algorithm.RTN, symmetric, blockSize), List.of());
    assertThat(divergence(source, packaged)).isLessThan(0.8 * divergence(source, nearest));
  }

  private static Int4Config int4(Algorithm algorithm, boolean symmetric, int blockSize) {
    return new Int4Config(blockSize, Optional.of(symmetric), algorithm, 8, 0);
  }

  /** Of rows like those of the calibration, but not among them. */
  private static double divergence(Path model, Path packaged) throws IOException {
    try (TorchDecoder reference = new TorchDecoder(HfFolder.load(model, ComputeDtype.FP32));
        OrtDecoder decoder = OrtDecoder.open(packaged)) {
      List<int[]> rows = StructuredText.rows(8, 12, CONTEXT);
      return ExportCheck.run(reference, decoder, rows, Tolerance.int4()).meanKl();
    }
  }

  @Test
  void theOrderOfColumnsCounts() throws IOException {
    Path source = Checkpoints.folder("qwen3");
    Path ordered = export(source, "ordered", int4(Algorithm.GPTQ, true, 32), TEXT);
    Int4Config leftToRight =
        new Int4Config(
            32,
            Optional.empty(),
            Algorithm.GPTQ,
            8,
            0,
            Optional.of(false),
            Optional.of(0.05),
            Optional.empty(),
            Optional.empty());
    Path plain = export(source, "plain", leftToRight, TEXT);

    assertThat(QuantizationFile.read(ordered).orElseThrow().path("act_order").booleanValue())
        .isTrue();
    JsonNode found = QuantizationFile.read(plain).orElseThrow();
    assertThat(found.path("act_order").booleanValue()).isFalse();
    assertThat(found.path("percdamp").doubleValue()).isEqualTo(0.05);
    assertThat(found.path("gptq_error").doubleValue())
        .isLessThan(found.path("rtn_error").doubleValue());
    assertThat(Files.mismatch(data(ordered), data(plain))).isNotNegative();
    Path again = export(source, "again", int4(Algorithm.GPTQ, true, 32), TEXT);
    assertThat(data(again)).hasSameBinaryContentAs(data(ordered));
  }

  @ParameterizedTest
  @EnumSource
  void givesEightBitsToTheLayersThatLoseMost(Algorithm algorithm) throws IOException {
    Path source = Checkpoints.folder("qwen3");
    JsonNode none =
        QuantizationFile.read(export(source, "none", mixed(algorithm, 99), TEXT))
            .orElseThrow()
            .path("mixed");
    assertThat(none.path("layers_with_8_bits").intValue()).isZero();
    double all = none.path("predicted_kl").doubleValue();
    double[] gains = new double[2];
    for (JsonNode layer : none.path("layers")) {
      gains[layer.path("layer").intValue()] =
          layer.path("kl_4_bits").doubleValue() - layer.path("kl_8_bits").doubleValue();
    }
    int most = gains[0] > gains[1] ? 0 : 1;

    Int4Config some = mixed(algorithm, all - gains[most] / 2);
    Path target = export(source, "some", some, TEXT);

    ModelProto model = read(target);
    for (NodeProto node : model.getGraph().getNodeList()) {
      if (node.getOpType().equals("MatMulNBits") && !node.getName().contains("lm_head")) {
        long bits =
            node.getAttributeList().stream()
                .filter(attribute -> attribute.getName().equals("bits"))
                .findFirst()
                .orElseThrow()
                .getI();
        assertThat(bits)
            .as(node.getName())
            .isEqualTo(node.getName().contains("layers." + most) ? 8 : 4);
      }
    }
    Int4Budget budget = new Int4Budget(new ModelBudget(HfConfigFile.read(source)), some);
    long rotary = 4L * CONTEXT * HfConfigFile.read(source).headDim();
    assertThat(stored(model).values().stream().mapToLong(Long::longValue).sum())
        .isEqualTo(
            budget.weightBytes()
                + rotary
                + budget.packageBytes(CONTEXT, 1)
                - budget.packageBytes(CONTEXT));
    assertThat(divergence(source, target)).isLessThan(divergence(source, folder.resolve("none")));
  }

  private static Int4Config mixed(Algorithm algorithm, double maxKl) {
    return new Int4Config(
        32,
        Optional.empty(),
        algorithm,
        8,
        0,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(new MixedConfig(Optional.empty(), Optional.of(maxKl), 500)));
  }

  private static Path data(Path target) {
    return target.resolve("model.onnx.data");
  }

  @Test
  void momentsAreThoseBehindRoundedLayers() throws IOException {
    Path source = Checkpoints.folder("qwen3");
    Int4Config int4 = int4(Algorithm.GPTQ, true, 32);
    Path packaged = export(source, "gptq", int4, TEXT);
    PackagedBlocks blocks = PackagedBlocks.open(packaged, new BlockFormat(4, 32));
    Path folderOfRounded =
        new RoundedCheckpoint(
                source, int4, (tensor, matrix) -> blocks.values(tensor, matrix.columns()))
            .write(folder.resolve("rounded"));

    StoredModel model = StoredModel.open(source);
    double wrong = 0;
    double whole = 0;
    try (Weights weights = model.weights();
        Weights rounded = StoredModel.open(folderOfRounded).weights();
        SteppedDecoder steps = SteppedDecoder.open(model, TEXT)) {
      for (LayerStep step : LayerStep.values()) {
        steps.advanceTo(0, step);
        for (Projection projection : step.projections()) {
          steps.replace(projection, rounded.values(WeightLayout.matrix(0, projection)));
        }
      }
      steps.advanceTo(1, LayerStep.QKV);
      for (Projection projection : LayerStep.QKV.projections()) {
        String name = WeightLayout.matrix(1, projection);
        float[] original = weights.values(name);
        float[] difference = rounded.values(name);
        for (int i = 0; i < difference.length; i++) {
          difference[i] -= original[i];
        }
        for (int i = 0; i < TEXT.size(); i++) {
          float[] inputs = steps.inputs().get(i).toFloatArray();
          wrong += energy(difference, inputs, TEXT.get(i));
          whole += energy(original, inputs, TEXT.get(i));
        }
      }
    }

    for (JsonNode matrix : QuantizationFile.read(packaged).orElseThrow().path("matrices")) {
      if (matrix.path("matrix").asText().equals("model.layers.1.self_attn.qkv_proj")) {
        assertThat(matrix.path("gptq_error").doubleValue())
            .isCloseTo(wrong / whole, withinPercentage(0.1));
      }
    }
  }

  /** Sum over the real tokens of |Wx|², x of as many elements as a row of W. */
  private static double energy(float[] matrix, float[] inputs, Batch batch) {
    int width = inputs.length / batch.documentIds().length;
    double sum = 0;
    for (int token = 0; token < batch.documentIds().length; token++) {
      for (int row = 0; batch.documentIds()[token] > 0 && row < matrix.length / width; row++) {
        double product = 0;
        for (int i = 0; i < width; i++) {
          product += matrix[row * width + i] * inputs[token * width + i];
        }
        sum += product * product;
      }
    }
    return sum;
  }

  @Test
  void gptqNeedsText() {
    assertThatThrownBy(
            () ->
                export(
                    Checkpoints.folder("qwen3"),
                    "package",
                    int4(Algorithm.GPTQ, true, 32),
                    List.of()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("algorithm gptq and mixed need rows to calibrate on");
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

  private Path export(Path model, String name, Int4Config int4, List<Batch> calibration)
      throws IOException {
    Path target = folder.resolve(name);
    OnnxExporter.Options options =
        new OnnxExporter.Options(
                OnnxPrecision.INT4, CONTEXT, Map.of(), int4, OnnxExporter.Options.CHUNK_BYTES)
            .with(new Calibration(calibration, widened -> 0));
    return OnnxExporter.export(model, target, options, written -> target);
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

    Map<String, Long> regions = stored(model);
    long stored = regions.values().stream().mapToLong(Long::longValue).sum();
    long rotary = 4L * CONTEXT * config.headDim();
    assertThat(stored)
        .isEqualTo(new Int4Budget(new ModelBudget(config), int4).weightBytes() + rotary);
    assertThat(regions)
        .as("embedding and head are one table under two names")
        .hasSize(model.getGraph().getInitializerCount() - 1);
  }

  /** Length by offset. */
  private static Map<String, Long> stored(ModelProto model) {
    Map<String, Long> regions = new HashMap<>();
    model.getGraph().getInitializerList().forEach(t -> regions.put(at(t, "offset"), length(t)));
    return regions;
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

  @ParameterizedTest
  @EnumSource
  void namesWeightsThatAreNotNumbers(Algorithm algorithm) throws IOException {
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

    Int4Config int4 = new Int4Config(32, Optional.empty(), algorithm, 8, 4);
    assertThatThrownBy(() -> export(model, "package", int4, TEXT))
        .isInstanceOf(DataException.class)
        .hasMessage(
            "tensor 'model.layers.1.mlp.down_proj.weight': row 5 holds NaN, expected finite"
                + " numbers");
    assertThat(folder.resolve("package")).doesNotExist();
  }
}
