package org.pocketdistill.pipeline.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.pocketdistill.pipeline.lm.ExportCheck;
import org.pocketdistill.pipeline.onnx.QuantizationFile;

/** What an export tells of the file that it wrote. */
record ExportSummary(PrintStream out) {
  /** That a package was written, and how it and it with each adapter compare with the model. */
  void written(Path target, ExportCheck.Result base, Map<String, ExportCheck.Result> adapters) {
    out.println("written to " + target);
    out.println(line(base));
    adapters.forEach((name, result) -> out.println(name + ": " + line(result)));
  }

  /** What GPTQ and mixed precision found, where the package has it. */
  void rounding(Path target) throws IOException {
    JsonNode rounding = QuantizationFile.read(target).orElse(MissingNode.getInstance());
    if (rounding.has("matrices")) {
      out.printf(
          Locale.ROOT,
          "gptq on %,d tokens: error of the matrices' outputs %.4f on average, %.4f to the nearest"
              + " step%n",
          rounding.path("calibration_tokens").longValue(),
          rounding.path("gptq_error").doubleValue(),
          rounding.path("rtn_error").doubleValue());
    }
    JsonNode mixed = rounding.path("mixed");
    if (!mixed.isMissingNode()) {
      out.printf(
          Locale.ROOT,
          "8 bits in %d of %d layers: KL divergence of the layers in sum %.2e nats%n",
          mixed.path("layers_with_8_bits").intValue(),
          mixed.path("layers").size(),
          mixed.path("predicted_kl").doubleValue());
    }
  }

  /** What a check found. */
  static String line(ExportCheck.Result result) {
    return String.format(
        Locale.ROOT,
        "checked on %d positions: largest logit difference %.2e, mean KL divergence %.2e nats,"
            + " top-1 agreement %.4f",
        result.positions(),
        result.maxLogitDifference(),
        result.meanKl(),
        result.top1Agreement());
  }
}
