package org.pocketdistill.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Rows and files that the tests share. */
final class Rows {
  static final List<Double> WHOLE = List.of(0.0, 1.0);

  private Rows() {}

  static Example command(String id, String user, String answer) {
    return Example.of(id, List.of(Message.user(user), Message.assistant(answer)), "");
  }

  static Path file(Path folder, String... lines) throws IOException {
    return Files.writeString(folder.resolve("rows.jsonl"), String.join("\n", lines) + "\n");
  }

  static SourceConfig config(DataFormat format) {
    return new SourceConfig("rows.jsonl", format, Map.of(), "", Optional.empty(), WHOLE);
  }

  static SourceConfig mapped(DataFormat format, Map<String, String> fields) {
    return new SourceConfig("rows.jsonl", format, fields, "", Optional.empty(), WHOLE);
  }

  static List<Example> read(SourceConfig config, Path file) {
    return read(new JsonlSource(config, file, 1, new BadLines(0)));
  }

  static List<Example> read(JsonlSource source) {
    List<Example> rows = new ArrayList<>();
    try (ExampleReader reader = source.open()) {
      reader.forEachRemaining(rows::add);
    }
    return rows;
  }
}
