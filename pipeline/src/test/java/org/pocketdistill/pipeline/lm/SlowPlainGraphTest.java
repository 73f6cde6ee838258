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
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.onnx.GraphForm;
import org.pocketdistill.pipeline.onnx.OnnxExporter;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** SmolLM2-135M-Instruct as a graph of standard operators. */
@Tag("slow")
class SlowPlainGraphTest {
  private static final Path MODEL = Path.of("models/SmolLM2-135M-Instruct.Q4_1.gguf");

  @TempDir private Path folder;

  @Test
  void computesWhatTheModelDoes() throws IOException {
    Path model = Shared.path(MODEL.toString());
    List<int[]> rows = new ArrayList<>();
    for (JsonNode prompt :
        new ObjectMapper().readTree(Shared.path("goldens/smollm2/prompts.json").toFile())) {
      int[] ids = new int[prompt.get("ids").size()];
      Arrays.setAll(ids, i -> prompt.get("ids").get(i).intValue());
      rows.add(ids);
    }
    Path target = folder.resolve("plain");
    OnnxExporter.export(
        model,
        target,
        new OnnxExporter.Options(OnnxPrecision.FP32, 256, Map.of())
            .with(new GraphForm.Plain(Optional.empty())),
        written -> written);
    try (CausalDecoder reference = new LanguageModelFolder(model).decoder(ComputeDtype.FP32);
        OrtDecoder decoder = OrtDecoder.open(target)) {
      ExportCheck.Result result =
          ExportCheck.run(reference, decoder, rows, ExportCheck.Tolerance.fp32());
      System.out.printf(
          "SmolLM2 as a plain graph: largest logit difference %.1e of %d rows%n",
          result.maxLogitDifference(), rows.size());
      assertThat(result.greedyTokens()).isEqualTo(result.greedyCompared());
    }
  }
}
