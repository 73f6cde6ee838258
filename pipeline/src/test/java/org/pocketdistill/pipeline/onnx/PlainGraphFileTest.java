package org.pocketdistill.pipeline.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.calibrate.TinyCalibration;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.config.StaticShapes;
import org.pocketdistill.pipeline.manifest.ByteProgress;
import org.pocketdistill.pipeline.manifest.PackageManifest;
import org.pocketdistill.pipeline.manifest.PackageVerifier;

/** What stands in a package of standard operators. */
class PlainGraphFileTest {
  /** Standard operators of opset 17 that a decoder of any family is made of. */
  private static final Set<String> STANDARD =
      Set.of(
          "Add",
          "Cast",
          "Concat",
          "Constant",
          "CumSum",
          "Div",
          "Gather",
          "Greater",
          "LessOrEqual",
          "MatMul",
          "Mul",
          "Pow",
          "Range",
          "ReduceMean",
          "Reshape",
          "Shape",
          "Sigmoid",
          "Softmax",
          "Split",
          "Sqrt",
          "Sub",
          "Transpose",
          "Unsqueeze");

  private static final Set<String> INTEGER =
      Set.of("Abs", "Max", "MatMulInteger", "QuantizeLinear", "ReduceMax");

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "llama_gqa,FP32", "mistral,FP32", "qwen2,FP32", "qwen3,FP32",
    "llama_gqa,INT8", "mistral,INT8", "qwen2,INT8", "qwen3,INT8",
    "llama_gqa,FP16", "qwen3,FP16", "llama_gqa,INT8_STATIC", "qwen3,INT8_STATIC"
  })
  void hasStandardOperatorsOnly(String checkpoint, OnnxPrecision precision) throws IOException {
    ModelProto model = export(checkpoint, precision, Optional.empty(), 100_000_000);

    assertThat(model.getIrVersion()).isEqualTo(8);
    assertThat(model.getOpsetImportList())
        .extracting(o -> o.getDomain() + o.getVersion())
        .containsExactly("17");
    assertThat(model.getGraph().getNodeList()).extracting(NodeProto::getDomain).containsOnly("");
    Set<String> allowed = new TreeSet<>(STANDARD);
    if (precision == OnnxPrecision.INT8) {
      allowed.addAll(INTEGER);
      assertThat(operators(model)).contains("MatMulInteger");
    }
    if (precision == OnnxPrecision.INT8_STATIC) {
      allowed.addAll(Set.of("QuantizeLinear", "DequantizeLinear"));
      assertThat(operators(model)).contains("DequantizeLinear");
    }
    assertThat(allowed).containsAll(operators(model));
  }

  @Test
  void hasBlockProductsOfOnnxRuntimeInInt4Only() throws IOException {
    ModelProto model = export("qwen3", OnnxPrecision.INT4, Optional.empty(), 100_000_000);

    assertThat(model.getOpsetImportList())
        .extracting(o -> o.getDomain() + o.getVersion())
        .containsExactly("17", "com.microsoft1");
    assertThat(model.getGraph().getNodeList())
        .filteredOn(node -> !node.getDomain().isEmpty())
        .extracting(NodeProto::getOpType)
        .containsOnly("MatMulNBits", "GatherBlockQuantized");
  }

  @Test
  void takesAndGivesWhatTransformersJsDoes() throws IOException {
    ModelProto model = export("llama_gqa", OnnxPrecision.FP32, Optional.empty(), 100_000_000);

    assertThat(model.getGraph().getInputList())
        .extracting(ValueInfoProto::getName)
        .containsExactlyInAnyOrder(
            "input_ids",
            "attention_mask",
            "position_ids",
            "past_key_values.0.key",
            "past_key_values.0.value",
            "past_key_values.1.key",
            "past_key_values.1.value");
    assertThat(model.getGraph().getOutputList())
        .extracting(ValueInfoProto::getName)
        .containsExactlyInAnyOrder(
            "logits", "present.0.key", "present.0.value", "present.1.key", "present.1.value");
    assertThat(shape(model, "past_key_values.1.value"))
        .as("heads as wide as config.json says, no zeros")
        .containsExactly("batch_size", "2", "past_sequence_length", "12");
  }

  @Test
  void fixesEveryLength() throws IOException {
    StaticShapes shapes = new StaticShapes(2, 5);
    ModelProto model = export("mistral", OnnxPrecision.FP32, Optional.of(shapes), 100_000_000);

    assertThat(shape(model, "input_ids")).containsExactly("2", "5");
    assertThat(shape(model, "position_ids")).containsExactly("2", "5");
    assertThat(shape(model, "attention_mask")).containsExactly("2", "36");
    assertThat(shape(model, "past_key_values.0.key")).containsExactly("2", "2", "31", "12");
    assertThat(shape(model, "present.0.key")).containsExactly("2", "2", "36", "12");
    assertThat(shape(model, "logits")).containsExactly("2", "5", "256");
    assertThat(operators(model))
        .as("nothing is computed from lengths")
        .doesNotContain("Shape", "Range");
  }

  /** Dimensions of an input or output, symbolic ones by name. */
  private static List<String> shape(ModelProto model, String name) {
    return Stream.concat(
            model.getGraph().getInputList().stream(), model.getGraph().getOutputList().stream())
        .filter(value -> value.getName().equals(name))
        .flatMap(value -> value.getType().getTensorType().getShape().getDimList().stream())
        .map(d -> d.getDimParam().isEmpty() ? Long.toString(d.getDimValue()) : d.getDimParam())
        .toList();
  }

  @ParameterizedTest
  @EnumSource(
      value = OnnxPrecision.class,
      names = {"FP32", "INT8"})
  void storesATiedTableOnce(OnnxPrecision precision) throws IOException {
    ModelProto model = export("qwen2", precision, Optional.empty(), 100_000_000);

    assertThat(model.getGraph().getInitializerList())
        .filteredOn(
            tensor -> tensor.getDimsList().stream().reduce(1L, (a, b) -> a * b) == 256L * 48)
        .hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({"FP32,fp32", "INT8,q8", "INT4,q4"})
  void laysOutTheFolderOfTransformersJs(OnnxPrecision precision, String dtype) throws IOException {
    ModelProto model = export("qwen3", precision, Optional.empty(), 20_000);
    Path plain = folder.resolve("plain");

    String name = file(precision);
    JsonNode config = new JsonMapper().readTree(plain.resolve("config.json").toFile());
    assertThat(config.path("model_type").asText()).isEqualTo("qwen3");
    JsonNode own = config.path("transformers.js_config");
    assertThat(own.path("dtype").asText()).isEqualTo(dtype);
    int files = own.path("use_external_data_format").path(name).intValue();
    assertThat(files).isGreaterThan(1);
    Set<String> expected = new TreeSet<>(Set.of(name, name + "_data"));
    for (int i = 1; i < files; i++) {
      expected.add(name + "_data_" + i);
    }
    try (Stream<Path> found = Files.list(plain.resolve("onnx"))) {
      assertThat(found.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(expected);
    }
    assertThat(model.getGraph().getInitializerList())
        .filteredOn(tensor -> tensor.getDataLocation() == DataLocation.EXTERNAL)
        .allSatisfy(
            tensor ->
                assertThat(expected).contains(tensor.getExternalDataList().get(0).getValue()));
    assertThat(plain.resolve("generation_config.json")).exists();
    PackageManifest manifest = PackageManifest.read(plain);
    assertThat(manifest.provenance()).containsEntry("graph", "plain");
    assertThat(manifest.files()).extracting(f -> f.path()).contains("onnx/" + name);
    assertThat(PackageVerifier.verify(plain, manifest, ByteProgress.NONE)).isEmpty();
  }

  private static Set<String> operators(ModelProto model) {
    return model.getGraph().getNodeList().stream()
        .map(NodeProto::getOpType)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String file(OnnxPrecision precision) {
    return switch (precision) {
      case FP32 -> "model.onnx";
      case FP16 -> "model_fp16.onnx";
      case INT8_STATIC -> "model_int8.onnx";
      case INT8 -> "model_quantized.onnx";
      case INT4 -> "model_q4.onnx";
    };
  }

  private ModelProto export(
      String checkpoint, OnnxPrecision precision, Optional<StaticShapes> shapes, long chunkBytes)
      throws IOException {
    Path target = folder.resolve("plain");
    OnnxExporter.export(
        Checkpoints.folder(checkpoint),
        target,
        new OnnxExporter.Options(precision, 32, Map.of(), Int4Config.DEFAULT, chunkBytes)
            .with(new GraphForm.Plain(shapes))
            .with(
                new Calibration(
                    TinyCalibration.batches(Checkpoints.folder(checkpoint)), widened -> 0)),
        written -> written);
    return ModelProto.parseFrom(
        Files.readAllBytes(target.resolve("onnx").resolve(file(precision))));
  }
}
