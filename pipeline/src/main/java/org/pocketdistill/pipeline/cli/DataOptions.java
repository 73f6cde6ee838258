package org.pocketdistill.pipeline.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.cli.Options;
import org.pocketdistill.config.Nearest;
import org.pocketdistill.data.BadLines;
import org.pocketdistill.data.DataFormat;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.ExampleReader;
import org.pocketdistill.data.JsonlSource;
import org.pocketdistill.data.SourceConfig;

/** A file of rows as options of a command: its path, shape, field names, and a limit. */
final class DataOptions {
  static final String DATA = "data";
  private static final String FORMAT = "format";
  private static final String FIELD = "field";
  private static final String LIMIT = "limit";

  /** Shapes that tasks can be measured on. */
  private static final List<DataFormat> FORMATS =
      List.of(
          DataFormat.MESSAGES,
          DataFormat.PROMPT_COMPLETION,
          DataFormat.ALPACA,
          DataFormat.SHAREGPT,
          DataFormat.FUNCTION_CALL,
          DataFormat.MULTIPLE_CHOICE,
          DataFormat.TEXT);

  private DataOptions() {}

  static void addTo(Options options) {
    options
        .addOption(Arguments.value(DATA, "FILE", "rows, .jsonl or .jsonl.gz"))
        .addOption(
            Arguments.value(
                FORMAT,
                "FORMAT",
                "shape of a row: "
                    + OptionValues.keys(FORMATS.toArray(DataFormat[]::new))
                    + "; default what the task needs: messages, multiple_choice or text"))
        .addOption(
            Arguments.value(
                FIELD,
                "FIELD=NAME",
                "a field of that shape and its name in the file, where they differ; may be given"
                    + " several times"))
        .addOption(Arguments.value(LIMIT, "N", "use N rows, always the same; default all"));
  }

  /**
   * Reads the rows; a bad one is an error that names file and line.
   *
   * @param shape of rows if none is given
   */
  static List<Example> read(OptionValues options, DataFormat shape) {
    Path file = options.path(DATA);
    DataFormat format = options.choice(FORMAT, FORMATS, shape);
    Optional<Integer> limit =
        options.text(LIMIT).map(text -> options.whole(LIMIT, Integer.MAX_VALUE, 1));
    SourceConfig source =
        new SourceConfig(
            file.toString(), format, fields(options, format), "", limit, List.of(0.0, 1.0));
    List<Example> rows = new ArrayList<>();
    try (ExampleReader reader = new JsonlSource(source, file, 0, BadLines.none()).open()) {
      reader.forEachRemaining(rows::add);
    }
    return rows;
  }

  private static Map<String, String> fields(OptionValues options, DataFormat format) {
    Map<String, String> fields = new LinkedHashMap<>();
    for (String pair : options.all(FIELD)) {
      int equals = pair.indexOf('=');
      if (equals < 1 || equals == pair.length() - 1) {
        throw options.refused("--field '" + pair + "', expected FIELD=NAME");
      }
      String field = pair.substring(0, equals);
      if (!format.fields().contains(field)) {
        throw options.refused(
            "--field '%s': no field '%s' in the shape %s, %s"
                .formatted(
                    pair, field, OptionValues.key(format), Nearest.hint(field, format.fields())));
      }
      if (fields.put(field, pair.substring(equals + 1)) != null) {
        throw options.refused("--field '" + pair + "': '" + field + "' is given twice");
      }
    }
    return fields;
  }
}
