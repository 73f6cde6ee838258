package org.pocketdistill.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class LineReaderTest {
  @Test
  void readsLinesLongerThanItsBufferAndTheLastWithoutEnd() throws Exception {
    String longLine = "猫".repeat(100_000);

    try (LineReader lines = reader("a\n" + longLine + "\n\nlast", 1 << 20)) {
      assertThat(lines.next()).isTrue();
      assertThat(lines.text()).isEqualTo("a");
      assertThat(lines.next()).isTrue();
      assertThat(lines.text()).isEqualTo(longLine);
      assertThat(lines.next()).isTrue();
      assertThat(lines.text()).isEmpty();
      assertThat(lines.next()).isTrue();
      assertThat(lines.text()).isEqualTo("last");
      assertThat(lines.number()).isEqualTo(4);
      assertThat(lines.next()).isFalse();
      assertThat(lines.number()).isEqualTo(4);
    }
  }

  @Test
  void hasNoLinesInAnEmptyFile() throws IOException {
    try (LineReader lines = reader("", 10)) {
      assertThat(lines.next()).isFalse();
    }
  }

  @Test
  void leavesOutAByteOrderMark() throws Exception {
    try (LineReader lines = reader("\uFEFF{}\n\uFEFF", 100)) {
      assertThat(lines.next()).isTrue();
      assertThat(lines.text()).isEqualTo("{}");
      assertThat(lines.next()).isTrue();
      assertThat(lines.text()).isEqualTo("\uFEFF");
    }
  }

  @Test
  void refusesALineOverTheLimitAndGoesOnAfterIt() throws Exception {
    try (LineReader lines = reader("12345\n" + "x".repeat(200_000) + "\n1234567890\n", 10)) {
      assertThat(lines.next()).isTrue();
      assertThat(lines.next()).isTrue();
      assertThatThrownBy(lines::text)
          .isInstanceOf(BadRowException.class)
          .hasMessage("the line is longer than 10 bytes");
      assertThat(lines.next()).isTrue();
      assertThat(lines.text()).isEqualTo("1234567890");
    }
  }

  private static LineReader reader(String text, int maxLineBytes) {
    return new LineReader(
        new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), maxLineBytes);
  }
}
