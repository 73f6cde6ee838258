package org.pocketdistill.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class JsonlWriterTest {
  private static final List<Example> ROWS =
      List.of(
          Example.of(
              "1",
              List.of(
                  new Message(Role.SYSTEM, "s"),
                  Message.user("a\nb \"c\" \u0000 \u2028 😀"),
                  Message.assistant("{\"name\":\"f\",\"arguments\":{}}"),
                  new Message(Role.TOOL, ""),
                  Message.assistant("完成")),
              "zh"),
          new Example("2", List.of(), " plain text ", "en"),
          new Example(
              "4",
              List.of(Message.user("u"), Message.assistant("a")),
              "",
              "",
              List.of(JsonNodeFactory.instance.objectNode().put("name", "f").put("n", 1.0))),
          Example.of(
              "5",
              new MultipleChoice("A passage.", "Is it \"<think>\"?", List.of("no", " yes"), 1),
              "en"),
          Example.of("6", new MultipleChoice("", "Which?", List.of("a", "b", "c"), 0), ""),
          Example.of("3", List.of(Message.user("a question without its answer")), ""));

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"train.jsonl", "train.jsonl.gz"})
  void writesWhatTheReaderReadsBack(String name) throws IOException {
    Path file = folder.resolve(name);

    DatasetManifest manifest = write(file);

    assertThat(Rows.read(JsonlSource.prepared(file))).isEqualTo(ROWS);
    assertThat(manifest)
        .returns(file.toString(), DatasetManifest::file)
        .returns(6L, DatasetManifest::rows)
        .returns(Files.size(file), DatasetManifest::bytes);
    assertThat(folder).isDirectoryContaining(file::equals).isDirectoryNotContaining("glob:**.tmp");
  }

  @Test
  void writesTheSameBytesEachTime() throws IOException {
    Path first = folder.resolve("a.jsonl.gz");
    Path second = folder.resolve("b.jsonl.gz");

    assertThat(write(first).sha256()).isEqualTo(write(second).sha256());
  }

  @Test
  void hashesAsSha256sumDoes() throws IOException {
    Path file = Files.write(folder.resolve("abc"), "abc".getBytes(StandardCharsets.US_ASCII));

    // FIPS 180-4, example "abc"
    assertThat(DatasetManifest.of(file, 1, 0).sha256())
        .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  }

  @Test
  void leavesAnEarlierFileAloneUntilItIsDone() throws IOException {
    Path file = Files.writeString(folder.resolve("train.jsonl"), "old");

    try (JsonlWriter writer = new JsonlWriter(file)) {
      writer.write(ROWS.get(0));
    }

    assertThat(file).hasContent("old");
    assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
  }

  @Test
  void saysWhereItCannotWrite() {
    Path file = folder.resolve("nowhere").resolve("train.jsonl");

    assertThatThrownBy(() -> new JsonlWriter(file))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(file + ": cannot be written: ");
  }

  private static DatasetManifest write(Path file) {
    try (JsonlWriter writer = new JsonlWriter(file)) {
      ROWS.forEach(writer::write);
      return writer.commit();
    }
  }
}
