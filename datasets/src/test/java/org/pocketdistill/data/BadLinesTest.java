package org.pocketdistill.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BadLinesTest {
  @TempDir private Path folder;

  @Test
  void skipsAndCountsAsManyAsAllowed() throws IOException {
    Path file = Rows.file(folder, "{\"text\": \"a\"}", "{", "{\"text\": \"b\"}", "{\"t\": 1}");
    BadLines badLines = new BadLines(2);
    JsonlSource source = new JsonlSource(Rows.config(DataFormat.TEXT), file, 1, badLines);

    try (ExampleReader reader = source.open()) {
      assertThat(reader.next().text()).isEqualTo("a");
      assertThat(reader.next().text()).isEqualTo("b");
      assertThat(reader.hasNext()).isFalse();
      assertThat(reader.manifest())
          .returns(2L, DatasetManifest::rows)
          .returns(2L, DatasetManifest::badLines);
    }
    assertThat(badLines.count()).isEqualTo(2);
  }

  @Test
  void failsWithTheFirstOnesWhenOverFilesThereAreTooMany() throws IOException {
    Path file = Rows.file(folder, "{", "{\"text\": 1}");
    BadLines badLines = new BadLines(3);
    JsonlSource source = new JsonlSource(Rows.config(DataFormat.TEXT), file, 1, badLines);

    assertThat(Rows.read(source)).isEmpty();
    assertThatThrownBy(() -> Rows.read(source))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith("4 bad lines, but data.max_bad_lines is 3:\n  " + file + ":1: not")
        .hasMessageContaining("\n  " + file + ":2: the field 'text': expected a string");
  }

  @Test
  void listsTenAndTheLast() {
    BadLines badLines = new BadLines(11);
    for (int line = 1; line <= 11; line++) {
      badLines.skip(folder, line, "odd");
    }

    assertThatThrownBy(() -> badLines.skip(folder, 12, "odd"))
        .hasMessageContaining("the first and the last of them:")
        .hasMessageContaining(folder + ":10: odd")
        .hasMessageNotContaining(folder + ":11: odd")
        .hasMessageEndingWith("\n  … " + folder + ":12: odd");
  }

  @Test
  void countsOnceWhenALimitNeedsTwoPasses() throws IOException {
    Path file = Rows.file(folder, "{", "{\"text\": \"a\"}", "{\"text\": \"b\"}", "{");
    BadLines badLines = new BadLines(2);
    SourceConfig config =
        new SourceConfig("f", DataFormat.TEXT, Map.of(), "", Optional.of(1), Rows.WHOLE);

    List<Example> rows = Rows.read(new JsonlSource(config, file, 1, badLines));

    assertThat(rows).hasSize(1);
    assertThat(badLines.count()).isEqualTo(2);
  }
}
