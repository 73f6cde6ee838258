package org.pocketdistill.pipeline.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.calibrate.TinyCalibration;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.model.HfConfigFile;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.safetensors.Dtype;
import org.pocketdistill.pipeline.safetensors.FloatCodec;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.pipeline.safetensors.SafetensorsWriter;
import org.pocketdistill.pipeline.safetensors.TensorInfo;

class OnnxExporterTest {
  private static final Map<String, String> METADATA = Map.of("job", "test", "git", "abc");

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(OnnxPrecision.class)
  void writesTheSameBytesTwice(OnnxPrecision precision) throws IOException {
    export(Checkpoints.folder("qwen3"), "a", precision);
    export(Checkpoints.folder("qwen3"), "b", precision);

    for (String name : List.of("model.onnx", "model.onnx.data", "genai_config.json")) {
      assertThat(folder.resolve("a").resolve(name))
          .hasSameBinaryContentAs(folder.resolve("b").resolve(name));
    }
  }

  @Test
  void declaresWhatRuntimesExpect() throws IOException {
    ModelProto model = read(export(Checkpoints.folder("llama_gqa"), "package", OnnxPrecision.FP32));

    assertThat(model.getIrVersion()).isEqualTo(10);
    assertThat(model.getOpsetImportList())
        .extracting(o -> o.getDomain() + o.getVersion())
        .containsExactly("21", "com.microsoft1");
    assertThat(model.getMetadataPropsList())
        .extracting(p -> p.getKey() + "=" + p.getValue())
        .containsExactly("git=abc", "job=test");
    assertThat(model.getGraph().getInputList())
        .extracting(ValueInfoProto::getName)
        .containsExactly(
            "input_ids",
            "attention_mask",
            "past_key_values.0.key",
            "past_key_values.1.key",
            "past_key_values.0.value",
            "past_key_values.1.value");
    assertThat(model.getGraph().getOutputList())
        .extracting(ValueInfoProto::getName)
        .containsExactly(
            "logits", "present.0.key", "present.1.key", "present.0.value", "present.1.value");
    assertThat(model.getGraph().getInitializerList())
        .allSatisfy(t -> assertThat(t.getDataLocation()).isEqualTo(DataLocation.EXTERNAL));
  }

  @Test
  void writesTheConfigurationOfOnnxRuntimeGenAi() throws IOException {
    Path target = export(Checkpoints.folder("llama_gqa"), "package", OnnxPrecision.INT8);

    JsonNode json = new JsonMapper().readTree(target.resolve("genai_config.json").toFile());

    JsonNode model = json.path("model");
    assertThat(model.path("type").asText()).isEqualTo("llama");
    assertThat(model.path("context_length").intValue()).isEqualTo(32);
    assertThat(model.path("eos_token_id").intValue()).isEqualTo(2);
    assertThat(model.path("decoder").path("head_size").intValue()).isEqualTo(16);
    assertThat(
            model
                .path("decoder")
                .path("session_options")
                .path("session.x64quantprecision")
                .asText())
        .isEqualTo("1");
    assertThat(json.path("search").path("max_length").intValue()).isEqualTo(32);
    assertThat(target.resolve("config.json"))
        .hasSameBinaryContentAs(Checkpoints.folder("llama_gqa").resolve("config.json"));
  }

  @ParameterizedTest
  @EnumSource(value = OnnxPrecision.class, names = "INT4", mode = EnumSource.Mode.EXCLUDE)
  void storesATiedTableOnce(OnnxPrecision precision) throws IOException {
    ModelProto model = read(export(Checkpoints.folder("qwen2"), "package", precision));

    List<Long> table = List.of(256L * 48);
    assertThat(model.getGraph().getInitializerList())
        .filteredOn(t -> List.of(elements(t)).equals(table))
        .hasSize(1);
  }

  private static long elements(TensorProto tensor) {
    return tensor.getDimsList().stream().reduce(1L, (a, b) -> a * b);
  }

  @Test
  void fp16HalvesTheMatrices() throws IOException {
    Path narrow = export(Checkpoints.folder("qwen3"), "narrow", OnnxPrecision.FP16);
    Path wide = export(Checkpoints.folder("qwen3"), "wide", OnnxPrecision.FP32);

    long matrices =
        read(wide).getGraph().getInitializerList().stream()
            .filter(t -> t.getDimsCount() == 2 && !t.getName().endsWith("_cache"))
            .mapToLong(OnnxExporterTest::elements)
            .sum();
    assertThat(bytes(read(wide)) - bytes(read(narrow))).isEqualTo(2 * matrices);
  }

  private static long bytes(ModelProto model) {
    return model.getGraph().getInitializerList().stream()
        .flatMap(t -> t.getExternalDataList().stream())
        .filter(entry -> entry.getKey().equals("length"))
        .mapToLong(entry -> Long.parseLong(entry.getValue()))
        .sum();
  }

  @Test
  void namesAWeightThatFp16CannotHold() throws IOException {
    Path model = copy(name -> name);
    SafetensorsFile file = SafetensorsFile.open(model);
    SafetensorsWriter.write(
        model.resolve("model.safetensors"),
        infos(file),
        info -> {
          float[] values = file.floats(info.name());
          if (info.name().equals("model.layers.1.mlp.down_proj.weight")) {
            values[5 * 64 + 7] = -65600;
          }
          return FloatCodec.encode(info.dtype(), values);
        });

    assertThatThrownBy(() -> export(model, "package", OnnxPrecision.FP16))
        .isInstanceOf(DataException.class)
        .hasMessage(
            "tensor 'model.layers.1.mlp.down_proj.weight': row 5 holds -65600.0, expected numbers"
                + " up to 65504.0, the largest of fp16; take fp32 or int8");
  }

  @Test
  void copiesTheTokenizer() throws IOException {
    Path model = copy(name -> name);
    Files.writeString(model.resolve("tokenizer.json"), "{}");
    Files.writeString(model.resolve("tokenizer_config.json"), "{ }");

    Path target = export(model, "package", OnnxPrecision.FP32);

    assertThat(target.resolve("tokenizer.json")).hasContent("{}");
    assertThat(target.resolve("tokenizer_config.json")).hasContent("{ }");
  }

  @Test
  void keepsTheOldPackageWhenTheCheckFails() throws IOException {
    Path target = export(Checkpoints.folder("llama_gqa"), "package", OnnxPrecision.FP32);
    byte[] before = Files.readAllBytes(target.resolve("model.onnx"));

    assertThatThrownBy(
            () ->
                OnnxExporter.export(
                    Checkpoints.folder("qwen2"),
                    target,
                    new OnnxExporter.Options(OnnxPrecision.FP32, 32, METADATA),
                    p -> {
                      assertThat(p.resolve("model.onnx")).exists();
                      throw new IllegalStateException("not good");
                    }))
        .hasMessage("not good");

    assertThat(Files.readAllBytes(target.resolve("model.onnx"))).isEqualTo(before);
    assertThat(names(folder)).containsExactly("package");
  }

  @Test
  void replacesAnOlderPackage() throws IOException {
    export(Checkpoints.folder("llama_gqa"), "package", OnnxPrecision.FP32);

    Path target = export(Checkpoints.folder("qwen2"), "package", OnnxPrecision.FP32);

    assertThat(Files.readString(target.resolve("genai_config.json"))).contains("qwen2");
    assertThat(names(folder)).containsExactly("package");
  }

  @Test
  void namesAWeightThatIsMissing() throws IOException {
    Path model = copy(name -> name.replace("layers.1.mlp.up_proj", "layers.9.mlp.up_proj"));

    assertThatThrownBy(() -> export(model, "package", OnnxPrecision.FP32))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("tensor 'model.layers.1.mlp.up_proj.weight' is missing");
    assertThat(names(folder)).containsExactly("model");
  }

  @Test
  void namesAWeightThatHasNoPlace() throws IOException {
    Path model = copy(name -> name);
    ModelConfig config = HfConfigFile.read(model);
    SafetensorsFile file = SafetensorsFile.open(model);
    List<TensorInfo> tensors = new ArrayList<>(infos(file));
    tensors.add(TensorInfo.of("model.layers.0.self_attn.q_proj.bias", Dtype.F32, 48));
    float[] bias = new float[48];
    SafetensorsWriter.write(
        model.resolve("model.safetensors"),
        tensors,
        info ->
            file.contains(info.name())
                ? file.bytes(info.name())
                : FloatCodec.encode(Dtype.F32, bias));

    assertThat(config.qkvBias()).isFalse();
    assertThatThrownBy(() -> export(model, "package", OnnxPrecision.FP32))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("tensor 'model.layers.0.self_attn.q_proj.bias' has no place");
  }

  @Test
  void namesAWeightOfAnotherShape() throws IOException {
    Path model = copy(name -> name);
    Path config = model.resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config).replace("\"intermediate_size\": 64", "\"intermediate_size\": 65"));

    assertThatThrownBy(() -> export(model, "package", OnnxPrecision.FP32))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("mlp.gate_proj.weight': shape [64, 48], expected [65, 48]");
  }

  private Path copy(Function<String, String> rename) throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    Path source = Checkpoints.folder("llama_gqa");
    SafetensorsFile file = SafetensorsFile.open(source);
    Files.copy(source.resolve("config.json"), model.resolve("config.json"));
    List<String> names = file.names();
    SafetensorsWriter.write(
        model.resolve("model.safetensors"),
        infos(file).stream()
            .map(i -> new TensorInfo(rename.apply(i.name()), i.dtype(), i.shape()))
            .toList(),
        info ->
            file.bytes(
                names.stream()
                    .filter(n -> rename.apply(n).equals(info.name()))
                    .findFirst()
                    .orElseThrow()));
    return model;
  }

  private static List<TensorInfo> infos(SafetensorsFile file) {
    return file.names().stream().map(file::info).toList();
  }

  private Path export(Path model, String name, OnnxPrecision precision) throws IOException {
    Path target = folder.resolve(name);
    OnnxExporter.Options options =
        new OnnxExporter.Options(precision, 32, METADATA)
            .with(new Calibration(TinyCalibration.batches(model), widened -> 0));
    return OnnxExporter.export(model, target, options, p -> target);
  }

  private static ModelProto read(Path target) throws IOException {
    return ModelProto.parseFrom(Files.readAllBytes(target.resolve("model.onnx")));
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }
}
