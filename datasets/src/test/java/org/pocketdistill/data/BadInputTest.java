package org.pocketdistill.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.config.ConfigException;

final class BadInputTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "TEXT|{\"text\": \"cut|not JSON at column 14: Unexpected end-of-input",
        "TEXT|{\"text\": \"a\"} {\"text\": \"b\"}|not JSON at column",
        "TEXT|{\"text\": \"a\", \"text\": \"b\"}|Duplicate field 'text'",
        "TEXT|[{\"text\": \"a\"},|this looks like a file that is one JSON array",
        "TEXT|17|expected a JSON object, found a number",
        "TEXT|{\"txt\": \"a\", \"n\": 1}|expected the field 'text' (a string); the row has: txt, n",
        "TEXT|{}|the row has: no fields",
        "TEXT|{\"text\": 5}|the field 'text': expected a string, found a number: 5",
        "TEXT|{\"text\": null}|the field 'text': expected a string, found null",
        "TEXT|{\"text\": \" \"}|the field 'text' is empty",
        "TEXT|{\"text\": \"\\ud83d!\"}|half of a surrogate pair, \\ud83d",
        "TEXT|{\"id\": \"\\udc00\", \"text\": \"a\"}|half of a surrogate pair, \\udc00",
        "TEXT|{\"id\": [1], \"text\": \"a\"}|'id': expected a string or a number, found a list: [1]",
        "MESSAGES|{\"prompt\": \"a\"}|expected the field 'messages' (a list of objects); the row",
        "MESSAGES|{\"messages\": \"a\"}|'messages': expected a list of objects, found a string",
        "MESSAGES|{\"messages\": [\"a\"]}|messages[0]: expected an object, found a string",
        "MESSAGES|{\"messages\": []}|'messages' is an empty list",
        "MESSAGES|{\"messages\": [{\"content\": \"a\"}]}|'messages[0].role' (a string); messages[0] has",
        "MESSAGES|{\"messages\": [{\"role\": \"bot\"}]}|unknown speaker 'bot'; expected one of system,",
        "MESSAGES|{\"messages\": [{\"role\": \"user\", \"content\": 1}]}|'messages[0].content': expected",
        "MESSAGES|{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}|the assistant says nothing",
        "MESSAGES|{\"messages\": [{\"role\": \"assistant\", \"content\": \"\"}]}|the assistant says nothing",
        "MESSAGES|{\"messages\": [{\"role\": \"assistant\", \"content\": [{\"type\": \"image\"}]}]}|a list of text parts",
        "MESSAGES|{\"messages\": [{\"role\": \"assistant\", \"tool_calls\": [{\"id\": 1}]}]}|expected a call {\"name\"",
        "MESSAGES|{\"messages\": [{\"role\": \"assistant\", \"tool_calls\": [{\"name\": \"f\", \"arguments\": \"x\"}]}]}|not JSON",
        "MESSAGES|{\"messages\": [{\"role\": \"assistant\", \"tool_calls\": [{\"name\": \"f\", \"arguments\": [1]}]}]}|arguments as an object",
        "PROMPT_COMPLETION|{\"prompt\": \"a\"}|expected the field 'completion' (a string or a list of messages)",
        "PROMPT_COMPLETION|{\"prompt\": 1, \"completion\": \"b\"}|'prompt': expected a string or a list of messages",
        "PROMPT_COMPLETION|{\"prompt\": \"a\", \"completion\": \"\"}|the assistant says nothing",
        "ALPACA|{\"instruction\": \"a\"}|expected the field 'output'",
        "ALPACA|{\"instruction\": \"a\", \"output\": \"b\", \"history\": [[\"q\"]]}|a list of [question, answer]",
        "ALPACA|{\"instruction\": \"a\", \"output\": \"b\", \"history\": \"q\"}|a list of [question, answer]",
        "SHAREGPT|{\"conversations\": [{\"from\": \"gpt\", \"value\": \"a\"}]}|unpaired, expected human or observation, found 'gpt'",
        "SHAREGPT|{\"conversations\": [{\"from\": \"human\", \"value\": \"a\"}, {\"from\": \"human\", \"value\": \"b\"}]}|conversations[1].from': unpaired, expected gpt or function_call",
        "SHAREGPT|{\"conversations\": [{\"from\": \"human\", \"value\": \"a\"}]}|unpaired, the last turn has no answer",
        "FUNCTION_CALL|{\"text\": \"a\", \"name\": \"f\", \"arguments\": \"x\"}|'arguments': expected an object or a list of {name, value}",
        "FUNCTION_CALL|{\"text\": \"a\", \"name\": \"f\", \"arguments\": [{\"name\": \"x\"}]}|expected {\"name\": string, \"value\": …}, found an object",
        "FUNCTION_CALL|{\"text\": \"a\", \"name\": \"\"}|the field 'name' is empty",
        "FUNCTION_CALL|{\"text\": \"\", \"name\": \"f\"}|the field 'text' is empty",
        "MULTIPLE_CHOICE|{\"question\": \"a\", \"choices\": [\"x\", \"y\"]}|expected the field 'answer' (the index",
        "MULTIPLE_CHOICE|{\"question\": \"a\", \"answer\": 0}|expected the field 'choices' (a list of strings; it may",
        "MULTIPLE_CHOICE|{\"question\": \"a\", \"choices\": [\"x\"], \"answer\": 0}|'choices': expected a list of two strings",
        "MULTIPLE_CHOICE|{\"question\": \"a\", \"choices\": [\"x\", 1], \"answer\": 0}|'choices': expected a list of two strings",
        "MULTIPLE_CHOICE|{\"question\": \"a\", \"choices\": \"xy\", \"answer\": 0}|'choices': expected a list of two strings",
        "MULTIPLE_CHOICE|{\"question\": \"a\", \"choices\": [\"x\", \"y\"], \"answer\": 2}|the index of the right choice, 0 to 1, its text",
        "MULTIPLE_CHOICE|{\"question\": \"a\", \"choices\": [\"x\", \"y\"], \"answer\": \"z\"}|found a string: \"z\"",
        "MULTIPLE_CHOICE|{\"question\": \"a\", \"choices\": [\"x\", \"y\", \"z\"], \"answer\": true}|the index of the right choice, 0 to 2",
      })
  void namesFileLineAndReason(DataFormat format, String line, String reason) throws IOException {
    Path file = Rows.file(folder, "", line);

    assertThatThrownBy(() -> Rows.read(Rows.config(format), file))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(file + ":2: ")
        .hasMessageContaining(reason)
        .hasMessageEndingWith("skip some with data.max_bad_lines");
  }

  @Test
  void namesAMappedFieldAsTheFileDoes() throws IOException {
    Path file = Rows.file(folder, "{\"text\": \"a\"}");
    SourceConfig config = Rows.mapped(DataFormat.TEXT, Map.of("text", "story"));

    assertThatThrownBy(() -> Rows.read(config, file))
        .hasMessageContaining("expected the field 'story' (a string); the row has: text");
  }

  @Test
  void refusesAMappingOfNoFieldOfTheShape() {
    SourceConfig config = Rows.mapped(DataFormat.TEXT, Map.of("txt", "story"));

    assertThatThrownBy(() -> new JsonlSource(config, folder, 1, new BadLines(0)))
        .isInstanceOf(ConfigException.class)
        .hasMessage("rows.jsonl: fields.txt: no field 'txt' in this shape; did you mean 'text'?");
  }

  @Test
  void refusesAPortionThatIsNoInterval() {
    SourceConfig config =
        new SourceConfig("f", DataFormat.TEXT, Map.of(), "", Optional.empty(), List.of(0.8, 0.2));

    assertThatThrownBy(() -> new JsonlSource(config, folder, 1, new BadLines(0)))
        .isInstanceOf(ConfigException.class)
        .hasMessage("f: portion: expected [from, to] with from < to, got [0.8, 0.2]");
  }

  @Test
  void namesTheNearestFileForAMissingOne() throws IOException {
    Path other = Rows.file(folder, "{}");
    Path missing = folder.resolve("row.jsonl");

    assertThat(other).exists();
    assertThatThrownBy(() -> Rows.read(Rows.config(DataFormat.TEXT), missing))
        .isInstanceOf(DataException.class)
        .hasMessage(missing + ": no such file; the nearest name in " + folder + " is 'rows.jsonl'");
  }

  @Test
  void saysThatTheFolderIsMissing() {
    Path missing = folder.resolve("nowhere").resolve("rows.jsonl");

    assertThatThrownBy(() -> Rows.read(Rows.config(DataFormat.TEXT), missing))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("there is no folder " + folder.resolve("nowhere"));
  }

  @Test
  void saysThatTheFolderIsEmptyOrThePathAFolder() {
    assertThatThrownBy(() -> Rows.read(Rows.config(DataFormat.TEXT), folder.resolve("x.jsonl")))
        .hasMessageContaining("holds no files");
    assertThatThrownBy(() -> Rows.read(Rows.config(DataFormat.TEXT), folder))
        .isInstanceOf(DataException.class)
        .hasMessage(folder + ": is a folder; expected a .jsonl or .jsonl.gz file");
  }

  @Test
  void refusesInvalidUtf8() throws IOException {
    byte[] good = "{\"text\": \"a\"}\n{\"text\": \"".getBytes(StandardCharsets.UTF_8);
    byte[] line = Arrays.copyOf(good, good.length + 1);
    line[good.length] = (byte) 0xe9;
    Path file = Files.write(folder.resolve("latin1.jsonl"), line);

    assertThatThrownBy(() -> Rows.read(Rows.config(DataFormat.TEXT), file))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(file + ":2: invalid UTF-8 at byte 11 of the line (0xe9)");
  }

  @Test
  void refusesTruncatedGzip() throws IOException {
    byte[] whole = gzip(5000);
    Path file = Files.write(folder.resolve("cut.jsonl.gz"), Arrays.copyOf(whole, whole.length / 2));

    assertThatThrownBy(() -> Rows.read(Rows.config(DataFormat.TEXT), file))
        .isInstanceOf(DataException.class)
        .hasMessageMatching("\\S+cut.jsonl.gz:\\d+: the compressed data end too early.*truncated");
  }

  @Test
  void refusesGzipCutInItsTrailer() throws IOException {
    byte[] whole = gzip(3);
    Path file = Files.write(folder.resolve("cut.jsonl.gz"), Arrays.copyOf(whole, whole.length - 3));

    assertThatThrownBy(() -> Rows.read(Rows.config(DataFormat.TEXT), file))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("truncated");
  }

  @Test
  void refusesGzipCutInItsHeader() throws IOException {
    Path file = Files.write(folder.resolve("cut.jsonl.gz"), Arrays.copyOf(gzip(3), 5));

    assertThatThrownBy(() -> Rows.read(Rows.config(DataFormat.TEXT), file))
        .isInstanceOf(DataException.class)
        .hasMessage(file + ": the compressed data end too early; the file is truncated");
  }

  @Test
  void readsConcatenatedGzipButNothingElseAfterIt() throws IOException {
    byte[] one = gzip(3);
    byte[] two = Arrays.copyOf(one, 2 * one.length);
    System.arraycopy(one, 0, two, one.length, one.length);
    Path concatenated = Files.write(folder.resolve("two.jsonl.gz"), two);
    Path garbage = Files.write(folder.resolve("more.jsonl.gz"), Arrays.copyOf(one, one.length + 9));

    assertThat(Rows.read(Rows.config(DataFormat.TEXT), concatenated)).hasSize(6);
    assertThatThrownBy(() -> Rows.read(Rows.config(DataFormat.TEXT), garbage))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("the file is damaged");
  }

  @Test
  void refusesCorruptGzip() throws IOException {
    byte[] whole = gzip(5000);
    whole[whole.length / 2] ^= 0x55;
    Path file = Files.write(folder.resolve("bad.jsonl.gz"), whole);

    assertThatThrownBy(() -> Rows.read(Rows.config(DataFormat.TEXT), file))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(file + ":");
  }

  @Test
  void refusesGzipWithAWrongChecksum() throws IOException {
    byte[] whole = gzip(3);
    whole[whole.length - 6] ^= 1;
    Path file = Files.write(folder.resolve("bad.jsonl.gz"), whole);

    assertThatThrownBy(() -> Rows.read(Rows.config(DataFormat.TEXT), file))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("the file is damaged or cannot be read")
        .hasMessageContaining("CRC");
  }

  @Test
  void refusesPlainTextNamedGz() throws IOException {
    Path file = Files.writeString(folder.resolve("plain.jsonl.gz"), "{\"text\": \"a\"}\n");

    assertThatThrownBy(() -> Rows.read(Rows.config(DataFormat.TEXT), file))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("named .gz but not compressed with gzip");
  }

  @Test
  void survivesNestingWithoutBottom() throws IOException {
    Path file = Rows.file(folder, "{\"text\": " + "[".repeat(100_000));

    assertThatThrownBy(() -> Rows.read(Rows.config(DataFormat.TEXT), file))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("nesting depth");
  }

  @Test
  void survivesARowOfCountlessValues() throws IOException {
    Path file = Rows.file(folder, "{\"text\": [" + "{},".repeat(1_000_000) + "{}]}");

    assertThatThrownBy(() -> Rows.read(Rows.config(DataFormat.TEXT), file))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("Token count")
        .hasMessageContaining("1000000");
  }

  /** Lines of random words, so that the compressed data are long. */
  private static byte[] gzip(int rows) throws IOException {
    Random random = new Random(5);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bytes)) {
      for (int i = 0; i < rows; i++) {
        String line = "{\"text\": \"" + Long.toHexString(random.nextLong()) + "\"}\n";
        out.write(line.getBytes(StandardCharsets.UTF_8));
      }
    }
    return bytes.toByteArray();
  }
}
