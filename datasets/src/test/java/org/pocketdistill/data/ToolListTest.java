package org.pocketdistill.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ToolListTest {
  private static final String TURNS =
      "\"messages\": [{\"role\": \"user\", \"content\": \"u\"},"
          + " {\"role\": \"assistant\", \"content\": \"a\"}]";

  @TempDir private Path folder;

  private Example row(String tools) throws IOException {
    return only(Rows.config(DataFormat.MESSAGES), "{" + TURNS + ", \"tools\": " + tools + "}");
  }

  private Example only(SourceConfig config, String line) throws IOException {
    List<Example> rows = Rows.read(config, Rows.file(folder, line));
    assertThat(rows).hasSize(1);
    return rows.get(0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[{\"name\": \"f\", \"parameters\": {}}, {\"name\": \"g\"}]",
        "\"[{\\\"name\\\": \\\"f\\\", \\\"parameters\\\": {}}, {\\\"name\\\": \\\"g\\\"}]\"",
      })
  void readsAListOrItsText(String tools) throws IOException {
    assertThat(row(tools).tools())
        .extracting(JsonNode::toString)
        .containsExactly("{\"name\":\"f\",\"parameters\":{}}", "{\"name\":\"g\"}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "[]", "\"\"", "\"[]\""})
  void readsNoTools(String tools) throws IOException {
    assertThat(row(tools).tools()).isEmpty();
  }

  @Test
  void readsThemInOtherShapesAndUnderOtherNames() throws IOException {
    Example alpaca =
        only(
            Rows.mapped(DataFormat.ALPACA, Map.of("tools", "functions")),
            "{\"instruction\": \"i\", \"output\": \"o\", \"functions\": [{\"name\": \"f\"}]}");
    Example shareGpt =
        only(
            Rows.config(DataFormat.SHAREGPT),
            "{\"conversations\": [{\"from\": \"human\", \"value\": \"h\"}, {\"from\": \"gpt\","
                + " \"value\": \"g\"}], \"tools\": \"[{\\\"name\\\": \\\"f\\\"}]\"}");

    assertThat(alpaca.tools()).hasSize(1).isEqualTo(shareGpt.tools());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "{\"a\": {}}#the field 'tools': expected a list of objects, or its JSON text, found an object",
        "[1]#the field 'tools': expected a list of objects, or its JSON text, found a number: 1",
        "7#the field 'tools': expected a list of objects, or its JSON text, found a number: 7",
        "\"no JSON\"#not JSON",
        "[{\"name\": \"\\ud800\"}]#the text holds half of a surrogate pair",
      })
  void refusesWhatIsNoList(String tools, String reason) {
    assertThatThrownBy(() -> row(tools))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("rows.jsonl:1: " + reason);
  }

  @Test
  void tellsRowsApart() throws IOException {
    Deduplicator rows = new Deduplicator(1);

    assertThat(rows.isDuplicate(row("[{\"name\": \"f\"}]"))).isFalse();
    assertThat(rows.isDuplicate(row("[{\"name\": \"g\"}]"))).isFalse();
    assertThat(rows.isDuplicate(row("\"[{\\\"name\\\":\\\"f\\\"}]\""))).isTrue();
  }
}
