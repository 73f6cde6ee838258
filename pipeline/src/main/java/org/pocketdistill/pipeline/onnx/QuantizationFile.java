package org.pocketdistill.pipeline.onnx;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.pocketdistill.pipeline.calibrate.BitAssignment;
import org.pocketdistill.pipeline.calibrate.GptqLayers;
import org.pocketdistill.pipeline.calibrate.LayerSensitivity;
import org.pocketdistill.pipeline.calibrate.RoundingError;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.config.MixedConfig;

/**
 * {@code quantization.json} of a package that was calibrated: how its matrices were rounded, and
 * what text said about it. With GPTQ, what it did to the outputs of each matrix, beside rounding to
 * the nearest step; with mixed bits, what each layer loses with 4 and with 8.
 */
public final class QuantizationFile {
  /** Its name in the package. */
  public static final String NAME = "quantization.json";

  private static final ObjectMapper JSON = new ObjectMapper();

  private QuantizationFile() {}

  static void write(
      Path folder, Int4Config int4, Optional<GptqLayers> gptq, Optional<BitAssignment> mixed)
      throws IOException {
    ObjectNode root =
        JSON.createObjectNode()
            .put("algorithm", int4.algorithm().name().toLowerCase(Locale.ROOT))
            .put("block_size", int4.blockSize())
            .put("is_symmetric", int4.symmetric());
    gptq.ifPresent(layers -> add(root, int4, layers));
    mixed.ifPresent(found -> add(root.putObject("mixed"), int4.mixed().orElseThrow(), found));
    Files.writeString(
        folder.resolve(NAME), JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root));
  }

  private static void add(ObjectNode root, Int4Config int4, GptqLayers gptq) {
    List<RoundingError> errors = gptq.errors();
    root.put("act_order", int4.ordersColumns())
        .put("percdamp", int4.damping())
        .put("calibration_tokens", gptq.tokens())
        .put("rtn_error", mean(errors, RoundingError::rtn))
        .put("gptq_error", mean(errors, RoundingError::gptq));
    for (RoundingError error : errors) {
      root.withArray("matrices")
          .addObject()
          .put("matrix", error.matrix())
          .put("rtn_error", error.rtn())
          .put("gptq_error", error.gptq());
    }
  }

  private static double mean(List<RoundingError> errors, ToDoubleFunction<RoundingError> value) {
    return errors.stream().mapToDouble(value).average().orElse(0);
  }

  private static void add(ObjectNode mixed, MixedConfig limit, BitAssignment found) {
    limit.targetMb().ifPresent(megabytes -> mixed.put("target_mb", megabytes));
    limit.maxKl().ifPresent(kl -> mixed.put("max_kl", kl));
    mixed.put("layers_with_8_bits", found.widened()).put("predicted_kl", found.kl());
    for (LayerSensitivity layer : found.layers()) {
      mixed
          .withArray("layers")
          .addObject()
          .put("layer", layer.layer())
          .put("bits", found.bits().get(layer.layer()))
          .put("kl_4_bits", layer.kl4())
          .put("kl_8_bits", layer.kl8());
    }
  }

  /** What stands in a package's file; empty where it has none. */
  public static Optional<JsonNode> read(Path folder) throws IOException {
    Path file = folder.resolve(NAME);
    return Files.exists(file) ? Optional.of(JSON.readTree(file.toFile())) : Optional.empty();
  }
}
