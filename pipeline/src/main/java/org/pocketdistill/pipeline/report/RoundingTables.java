package org.pocketdistill.pipeline.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What calibration found when the int4 file was rounded. */
final class RoundingTables {
  private RoundingTables() {}

  /** From the outputs of the export stage; none where nothing was calibrated. */
  static List<Table> of(JsonNode exports) {
    JsonNode found = exports.path("int4").path("quantization");
    List<Table> tables = new ArrayList<>();
    if (found.has("matrices")) {
      tables.add(errors(found));
    }
    if (found.has("mixed")) {
      tables.add(bits(found.path("mixed")));
    }
    return tables;
  }

  private static Table errors(JsonNode found) {
    Table.Builder table =
        Table.titled(
                "int4 by GPTQ on "
                    + Figures.count(found.path("calibration_tokens").longValue())
                    + " tokens: squared error of the outputs / squared outputs, mean over layers")
            .texts("matrix")
            .numbers("layers", "to the nearest step", "GPTQ", "worst layer");
    byKind(found.path("matrices")).forEach((kind, matrices) -> table.row(row(kind, matrices)));
    return table.build();
  }

  private static Map<String, List<JsonNode>> byKind(JsonNode matrices) {
    Map<String, List<JsonNode>> kinds = new LinkedHashMap<>();
    for (JsonNode matrix : matrices) {
      String kind = matrix.path("matrix").asText().replaceAll(".*\\.(\\w+_proj).*", "$1");
      kinds.computeIfAbsent(kind, any -> new ArrayList<>()).add(matrix);
    }
    return kinds;
  }

  private static String[] row(String kind, List<JsonNode> matrices) {
    return new String[] {
      kind,
      Integer.toString(matrices.size()),
      Figures.significant(mean(matrices, "rtn_error")),
      Figures.significant(mean(matrices, "gptq_error")),
      Figures.significant(
          matrices.stream().mapToDouble(m -> m.path("gptq_error").asDouble()).max().orElse(0))
    };
  }

  private static double mean(List<JsonNode> matrices, String key) {
    return matrices.stream().mapToDouble(m -> m.path(key).asDouble()).average().orElse(0);
  }

  private static Table bits(JsonNode mixed) {
    Table.Builder table =
        Table.titled(
                "Bits of the int4 file's layers: KL to fp32 in nats where one layer alone is rounded;"
                    + " with the bits taken "
                    + Figures.significant(mixed.path("predicted_kl").asDouble())
                    + " in sum")
            .texts("layer")
            .numbers("bits", "KL with 4 bits", "KL with 8 bits");
    for (JsonNode layer : mixed.path("layers")) {
      table.row(
          layer.path("layer").asText(),
          layer.path("bits").asText(),
          Figures.significant(layer.path("kl_4_bits").asDouble()),
          Figures.significant(layer.path("kl_8_bits").asDouble()));
    }
    return table.build();
  }
}
