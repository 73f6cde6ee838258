package org.pocketdistill.pipeline.lm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.Shared;
import org.pocketdistill.pipeline.calibrate.StructuredText;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.Int8StaticConfig;
import org.pocketdistill.pipeline.onnx.Calibration;
import org.pocketdistill.pipeline.onnx.OnnxExporter;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** SmolLM2-135M-Instruct in fp16, and in int8 with ranges and smoothing found on other text. */
@Tag("slow")
class SlowStaticExportTest {
  private static final Path MODEL = Path.of("models/SmolLM2-135M-Instruct.Q4_1.gguf");
  private static final int PIECE = 256;

  @TempDir private Path folder;

  @Test
  void sixteenBitsLoseNothingAndSmoothingHelps() throws IOException {
    List<int[]> prompts = new ArrayList<>();
    for (JsonNode prompt : read("goldens/smollm2/prompts.json")) {
      prompts.add(ids(prompt));
    }
    int[] text = ids(read("goldens/smollm2/wikitext2_nll.json"));
    List<int[]> pieces = new ArrayList<>();
    for (int start = 0; start < text.length; start += PIECE) {
      pieces.add(Arrays.copyOfRange(text, start, start + PIECE));
    }
    Path model = Shared.path(MODEL.toString());
    try (CausalDecoder reference = new LanguageModelFolder(model).decoder(ComputeDtype.FP32)) {
      ExportCheck.Result narrow =
          export(
              options(OnnxPrecision.FP16), model, reference, prompts, ExportCheck.Tolerance.fp16());
      // 11 bits of weights, against the 4 that the file was made of
      assertThat(narrow.meanKl()).isLessThan(1e-4);
      assertThat(narrow.top1Agreement()).isGreaterThan(0.99);
      Calibration calibration = new Calibration(StructuredText.batches(pieces), widened -> 0);
      ExportCheck.Result plain = statically(Optional.empty(), calibration, reference, prompts);
      ExportCheck.Result smoothed = statically(Optional.of(0.5), calibration, reference, prompts);
      // Too coarse for this model either way, on these short prompts: half of the loss is left.
      assertThat(smoothed.meanKl()).isLessThan(0.7 * plain.meanKl());
    }
  }

  private static OnnxExporter.Options options(OnnxPrecision precision) {
    return new OnnxExporter.Options(precision, 256, Map.of());
  }

  private ExportCheck.Result statically(
      Optional<Double> smoothing,
      Calibration calibration,
      CausalDecoder reference,
      List<int[]> prompts)
      throws IOException {
    Int8StaticConfig settings =
        new Int8StaticConfig(
            Int8StaticConfig.Calibration.MINMAX, 99.99, Optional.empty(), smoothing);
    return export(
        options(OnnxPrecision.INT8_STATIC).with(settings).with(calibration),
        Shared.path(MODEL.toString()),
        reference,
        prompts,
        ExportCheck.Tolerance.unlimited());
  }

  private ExportCheck.Result export(
      OnnxExporter.Options options,
      Path model,
      CausalDecoder reference,
      List<int[]> rows,
      ExportCheck.Tolerance tolerance)
      throws IOException {
    ExportCheck.Result result =
        OnnxExporter.export(
            model,
            folder.resolve("package"),
            options,
            written -> {
              try (OrtDecoder decoder = OrtDecoder.open(written)) {
                return ExportCheck.run(reference, decoder, rows, tolerance);
              }
            });
    System.out.printf(
        "SmolLM2 in %s: mean KL %.2e nats, top-1 %.3f of %d positions%n",
        options.precision(), result.meanKl(), result.top1Agreement(), result.positions());
    return result;
  }

  private static JsonNode read(String path) throws IOException {
    return new ObjectMapper().readTree(Shared.path(path).toFile());
  }

  private static int[] ids(JsonNode holder) {
    int[] ids = new int[holder.get("ids").size()];
    Arrays.setAll(ids, i -> holder.get("ids").get(i).intValue());
    return ids;
  }
}
