package org.pocketdistill.pipeline.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.calibrate.TinyCalibration;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.Int8StaticConfig;
import org.pocketdistill.pipeline.config.StaticShapes;
import org.pocketdistill.pipeline.lora.LoraAdapter;
import org.pocketdistill.pipeline.lora.PeftFolder;
import org.pocketdistill.pipeline.manifest.PackageManifest;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.HfConfigFile;
import org.pocketdistill.pipeline.model.HfFolder;
import org.pocketdistill.pipeline.onnx.Calibration;
import org.pocketdistill.pipeline.onnx.GraphForm;
import org.pocketdistill.pipeline.onnx.OnnxAdapter;
import org.pocketdistill.pipeline.onnx.OnnxExporter;
import org.pocketdistill.pipeline.safetensors.Dtype;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** Adapters of a package on ONNX Runtime: PEFT's numbers, and those of merged weights. */
class AdapterPackageTest {
  /** Logits are of size 1 to 10; sums in another order change them by about 1e-5. */
  private static final float ROUNDING = 1e-4f;

  private static final GraphForm GENAI = new GraphForm.GenAi();
  private static final GraphForm PLAIN = new GraphForm.Plain(Optional.empty());
  private static final GraphForm FIXED = new GraphForm.Plain(Optional.of(new StaticShapes(2, 5)));

  /** Factors in the weights have to be in the adapters, too. */
  private static final Int8StaticConfig SMOOTHED =
      new Int8StaticConfig(
          Int8StaticConfig.Calibration.MINMAX, 99.99, Optional.empty(), Optional.of(0.5));

  @TempDir private Path folder;

  @AfterEach
  void closesEveryTensor() {
    assertThat(OrtTensors.live()).isZero();
  }

  /** Rows of a golden file without their padding, and PEFT's logits for them. */
  private record Golden(List<int[]> rows, List<float[][]> logits) {
    static Golden read(String adapter) throws IOException {
      Golden golden = new Golden(new ArrayList<>(), new ArrayList<>());
      try (SafetensorsFile file =
          SafetensorsFile.open(peft(adapter).resolve("golden.safetensors"))) {
        int length = Math.toIntExact(file.info("input_ids").shape().get(1));
        long[] ids = file.longs("input_ids");
        long[] mask = file.longs("attention_mask");
        float[] all = file.floats("logits");
        int width = all.length / ids.length;
        for (int start = 0; start < ids.length; start += length) {
          int used = (int) Arrays.stream(mask, start, start + length).sum();
          int[] row = new int[used];
          float[][] logits = new float[used][];
          for (int i = 0; i < used; i++) {
            row[i] = Math.toIntExact(ids[start + i]);
            logits[i] = Arrays.copyOfRange(all, (start + i) * width, (start + i + 1) * width);
          }
          golden.rows.add(row);
          golden.logits.add(logits);
        }
      }
      return golden;
    }
  }

  private static Path peft(String adapter) {
    try {
      return Path.of(AdapterPackageTest.class.getResource("/lora/" + adapter).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Heads of 12, widened in the fused graph; biases; ranks and scales by module; rsLoRA. */
  @ParameterizedTest
  @CsvSource({
    "llama_gqa,llama_r4_all,llama_patterns,GENAI", "llama_gqa,llama_r4_all,llama_patterns,PLAIN",
    "qwen2,qwen2_r4_all,qwen2_rslora,GENAI", "qwen2,qwen2_r4_all,qwen2_rslora,FIXED"
  })
  void switchesBetweenWhatPeftComputes(String base, String first, String second, String form)
      throws IOException {
    Path target = export(base, OnnxPrecision.FP32, form(form), first, second);
    Path plain = export(base, OnnxPrecision.FP32, form(form));
    Golden one = Golden.read(first);
    Golden other = Golden.read(second);
    try (OrtDecoder adapted = OrtDecoder.open(target);
        OrtDecoder unadapted = OrtDecoder.open(plain)) {
      assertLogits(adapted, one.rows(), unadapted);
      adapted.use(Optional.of(file(target, first)));
      assertLogits(adapted, one);
      adapted.use(Optional.of(file(target, second)));
      assertLogits(adapted, other);
      adapted.use(Optional.empty());
      assertLogits(adapted, one.rows(), unadapted);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "INT8,GENAI",
    "INT4,GENAI",
    "INT8,PLAIN",
    "INT4,PLAIN",
    "INT8_STATIC,GENAI",
    "INT8_STATIC,PLAIN"
  })
  void worksOnARoundedModel(OnnxPrecision precision, String form) throws IOException {
    Path target = export("llama_gqa", precision, form(form), "llama_r4_all");
    Path merged = merge("llama_gqa", "llama_r4_all");
    Golden golden = Golden.read("llama_r4_all");
    LanguageModelFolder adapted = new LanguageModelFolder(file(target, "llama_r4_all"));
    assertThat(adapted.isOnnx()).isTrue();
    try (CausalDecoder decoder = adapted.decoder(ComputeDtype.FP32);
        CausalDecoder reference = new LanguageModelFolder(merged).decoder(ComputeDtype.FP32);
        CausalDecoder base = new LanguageModelFolder(target).decoder(ComputeDtype.FP32)) {
      ExportCheck.run(reference, decoder, golden.rows(), ExportCheck.Tolerance.of(precision));
      double with = meanKl(reference, decoder, golden.rows());
      assertThat(with)
          .as("the adapter, not only the base, is in it")
          .isLessThan(0.2 * meanKl(reference, base, golden.rows()));
    }
  }

  private static double meanKl(CausalDecoder reference, CausalDecoder other, List<int[]> rows) {
    double sum = 0;
    int count = 0;
    for (int[] row : rows) {
      float[][] expected = reference.logits(row);
      float[][] found = other.logits(row);
      for (int i = 0; i < row.length; i++) {
        sum += LogitsDifference.of(expected[i], found[i]).kl();
        count++;
      }
    }
    return sum / count;
  }

  @Test
  void isPartOfThePackage() throws IOException {
    Path target = export("qwen2", OnnxPrecision.INT8, GENAI, "qwen2_rslora");

    assertThat(PackageManifest.read(target).files())
        .extracting(entry -> entry.path())
        .contains("adapters/qwen2_rslora.onnx_adapter");
  }

  @Test
  void namesAFileThatDoesNotFit() throws IOException {
    Path target = export("qwen2", OnnxPrecision.FP32, GENAI, "qwen2_rslora");
    Path none = export("qwen2", OnnxPrecision.FP32, GENAI);
    Path file = file(target, "qwen2_rslora");
    try (OrtDecoder decoder = OrtDecoder.open(none)) {
      decoder.use(Optional.of(file));
      assertThatThrownBy(() -> decoder.logits(new int[] {1, 2}))
          .isInstanceOf(DataException.class)
          .hasMessageContaining(file + ": does not fit the graph: ");
      Path missing = target.resolve("adapters/other.onnx_adapter");
      assertThatThrownBy(() -> decoder.use(Optional.of(missing)))
          .isInstanceOf(DataException.class)
          .hasMessage(missing + ": no such file, expected an adapter of the package");
      Files.write(file, new byte[100]);
      assertThatThrownBy(() -> decoder.use(Optional.of(file)))
          .isInstanceOf(DataException.class)
          .hasMessageContaining(file + ": ONNX Runtime cannot load it");
    }
  }

  @ParameterizedTest
  @CsvSource({"llama_dora,use_dora", "llama_embed,model.embed_tokens", "llama_lmhead,a head"})
  void refusesWhatAFileCannotHold(String adapter, String what) {
    assertThatThrownBy(() -> export("llama_gqa", OnnxPrecision.FP32, GENAI, adapter))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("an adapter with " + what + " is more than B A on projections");
  }

  private static GraphForm form(String name) {
    return switch (name) {
      case "GENAI" -> GENAI;
      case "PLAIN" -> PLAIN;
      default -> FIXED;
    };
  }

  private static Path file(Path target, String adapter) {
    return target.resolve(OnnxAdapter.path(adapter));
  }

  private static void assertLogits(OrtDecoder decoder, Golden golden) {
    for (int i = 0; i < golden.rows().size(); i++) {
      assertClose(decoder.logits(golden.rows().get(i)), golden.logits().get(i));
    }
  }

  private static void assertLogits(OrtDecoder decoder, List<int[]> rows, OrtDecoder expected) {
    for (int[] row : rows) {
      assertClose(decoder.logits(row), expected.logits(row));
    }
  }

  private static void assertClose(float[][] found, float[][] expected) {
    assertThat(found).hasSameDimensionsAs(expected);
    float largest = 0;
    for (int i = 0; i < expected.length; i++) {
      for (int j = 0; j < expected[i].length; j++) {
        largest = Math.max(largest, Math.abs(found[i][j] - expected[i][j]));
      }
    }
    assertThat(largest).isLessThan(ROUNDING);
  }

  private Path merge(String base, String adapter) throws IOException {
    Path target = folder.resolve("merged");
    try (Decoder decoder = HfFolder.load(Checkpoints.folder(base), ComputeDtype.FP32);
        LoraAdapter lora = PeftFolder.load(peft(adapter), decoder.config())) {
      lora.mergeInto(decoder.weights());
      HfFolder.save(target, decoder.config(), decoder.weights(), Dtype.F32);
    }
    return target;
  }

  private Path export(String base, OnnxPrecision precision, GraphForm form, String... adapters)
      throws IOException {
    List<OnnxAdapter> files = new ArrayList<>();
    Path model = Checkpoints.folder(base);
    for (String name : adapters) {
      try (LoraAdapter adapter = PeftFolder.load(peft(name), HfConfigFile.read(model))) {
        files.add(new OnnxAdapter(name, adapter.updates()));
      }
    }
    Path target = folder.resolve("with" + adapters.length);
    OnnxExporter.Options options =
        new OnnxExporter.Options(precision, 64, Map.of())
            .with(form)
            .with(files)
            .with(SMOOTHED)
            .with(new Calibration(TinyCalibration.batches(model), widened -> 0));
    return OnnxExporter.export(model, target, options, written -> target);
  }
}
