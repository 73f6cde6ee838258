package org.pocketdistill.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigFileTest {
  @TempDir private Path folder;

  private Path write(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("a b.yaml"), bytes);
  }

  private void assertRefused(Path file, String message) {
    assertThatThrownBy(() -> ConfigReader.read(file, SampleConfig.class))
        .isInstanceOf(ConfigException.class)
        .hasMessage(file + ": " + message);
  }

  @Test
  void readsAFileWithByteOrderMarkAndWindowsLineEnds() throws IOException {
    Path file = write("\uFEFFname: ä\r\nlearning_rate: 0\r\n".getBytes(StandardCharsets.UTF_8));

    assertThat(ConfigReader.read(file, SampleConfig.class).name()).isEqualTo("ä");
  }

  @Test
  void saysThatThereIsNoSuchFile() {
    assertRefused(folder.resolve("missing.yaml"), "no such file");
  }

  @Test
  void saysThatAFolderIsNoFile() {
    assertRefused(folder, "is a folder, expected a YAML file");
  }

  @Test
  void refusesTextThatIsNotUtf8() throws IOException {
    assertRefused(
        write("name: ä".getBytes(StandardCharsets.ISO_8859_1)),
        "is not UTF-8 text; save it as UTF-8");
  }

  @Test
  void refusesAHugeFile() throws IOException {
    assertRefused(
        write(new byte[(1 << 20) + 1]), "larger than 1048576 bytes, expected a short YAML file");
  }

  @Test
  void refusesBinaryData() throws IOException {
    assertThatThrownBy(() -> ConfigReader.read(write(new byte[100]), SampleConfig.class))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("a b.yaml")
        .hasMessageContaining("not valid YAML");
  }
}
