package org.pocketdistill.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.data.DataException;

class HfTokenizerTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;
  private HfTokenizer tokenizer;

  @BeforeEach
  void train() throws IOException {
    tokenizer = TrainedTokenizer.in(folder);
  }

  @AfterEach
  void close() {
    tokenizer.close();
  }

  @Test
  void decodesWhatItEncoded() {
    long seed = new Random().nextLong();
    System.out.println("decodesWhatItEncoded: seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 500; i++) {
      String text = RandomText.next(random, 30);

      int[] ids = tokenizer.encode(text);

      assertThat(tokenizer.decode(ids, false)).as("seed %d, text %d", seed, i).isEqualTo(text);
      assertThat(Arrays.stream(ids)).allMatch(id -> id >= 0 && id < tokenizer.vocabSize());
    }
  }

  @Test
  void encodesUnpairedSurrogatesAsTheReplacementCharacter() {
    for (String text :
        List.of("a\uD83Db", "\uDE42", "\uD83D", "\uD83D\uD83D\uDE42", "\uDE42\uD83D")) {
      String replaced = UnpairedSurrogates.replaced(text);

      assertThat(tokenizer.encode(text)).containsExactly(tokenizer.encode(replaced));
      assertThat(tokenizer.decode(tokenizer.encode(text), false)).isEqualTo(replaced);
    }
    assertThat(UnpairedSurrogates.replaced("a\uD83Db\uDE42")).isEqualTo("a\uFFFDb\uFFFD");
    assertThat(UnpairedSurrogates.replaced("\uD83D\uD83D\uDE42")).isEqualTo("\uFFFD\uD83D\uDE42");
  }

  @Test
  void neverTruncatesNorPads() {
    String text = "alarm 7 ".repeat(2000);

    assertThat(tokenizer.encode(text)).hasSizeGreaterThan(4000);
    assertThat(tokenizer.decode(tokenizer.encode(text), false)).isEqualTo(text);
    assertThat(tokenizer.encode("")).isEmpty();
  }

  @Test
  void ignoresTruncationAndPaddingOfTheFile() throws IOException {
    int[] expected = tokenizer.encode("Wake me up at 7:30 tomorrow");
    ObjectNode root = tokenizerJson();
    root.putObject("truncation")
        .put("direction", "Right")
        .put("max_length", 4)
        .put("strategy", "LongestFirst")
        .put("stride", 0);
    ObjectNode padding = root.putObject("padding");
    padding.putObject("strategy").put("Fixed", 64);
    padding
        .put("direction", "Right")
        .putNull("pad_to_multiple_of")
        .put("pad_id", 0)
        .put("pad_type_id", 0)
        .put("pad_token", "<|endoftext|>");
    Files.writeString(folder.resolve("tokenizer.json"), root.toString());

    try (HfTokenizer other = HfTokenizer.load(folder)) {
      assertThat(other.encode("Wake me up at 7:30 tomorrow")).containsExactly(expected);
    }
  }

  @Test
  void makesOneIdOfASpecialTokenAndSkipsItOnRequest() {
    int[] ids = tokenizer.encode("<|im_start|>x<|im_end|><|endoftext|>");

    assertThat(ids).containsExactly(1, tokenizer.idOf("x").getAsInt(), 2, 0);
    assertThat(tokenizer.decode(ids, false)).isEqualTo("<|im_start|>x<|im_end|><|endoftext|>");
    assertThat(tokenizer.decode(ids, true)).isEqualTo("x");
  }

  @Test
  void knowsItsIds() {
    assertThat(tokenizer.vocabSize()).isEqualTo(600);
    assertThat(tokenizer.idOf("<|im_end|>")).hasValue(2);
    assertThat(tokenizer.idOf("no such token")).isEmpty();
    assertThat(tokenizer.eosId()).hasValue(2);
    assertThat(tokenizer.padId()).hasValue(0);
  }

  @Test
  void knowsNoEndOrPadTokenWithoutAConfig() throws IOException {
    Files.delete(folder.resolve("tokenizer_config.json"));

    try (HfTokenizer other = HfTokenizer.load(folder)) {
      assertThat(List.of(other.eosId(), other.padId())).containsOnly(OptionalInt.empty());
    }
  }

  @Test
  void readsTokensWrittenAsObjects() throws IOException {
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{\"eos_token\":{\"content\":\"<|im_end|>\",\"special\":true},\"pad_token\":null}");

    try (HfTokenizer other = HfTokenizer.load(folder)) {
      assertThat(other.eosId()).hasValue(2);
      assertThat(other.padId()).isEmpty();
    }
  }

  @Test
  void mayBeUsedFromSeveralThreads() throws Exception {
    List<String> texts = TrainedTokenizer.lines("training-text.txt");
    List<int[]> expected = texts.stream().map(tokenizer::encode).toList();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<?>> runs = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        runs.add(threads.submit(() -> checkAll(texts, expected)));
      }
      for (Future<?> run : runs) {
        run.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private void checkAll(List<String> texts, List<int[]> expected) {
    for (int round = 0; round < 20; round++) {
      for (int i = 0; i < texts.size(); i++) {
        int[] ids = tokenizer.encode(texts.get(i));
        assertThat(ids).containsExactly(expected.get(i));
        assertThat(tokenizer.decode(ids, false)).isEqualTo(texts.get(i));
      }
    }
  }

  @Test
  void saysWhichFileIsMissing() throws IOException {
    Path file = folder.resolve("tokenizer.json");
    Files.delete(file);

    assertRefused(file + ": no such file; expected the tokenizer of a Hugging Face model folder");
  }

  @Test
  void saysWhereAFileIsNotJson() throws IOException {
    Path file = folder.resolve("tokenizer.json");
    String content = Files.readString(file);
    Files.writeString(file, content.substring(0, content.length() / 2));

    assertRefused(file + ": not valid JSON: ", "line: ");
  }

  @Test
  void readsEscapedLettersOutsideTheBasicPlane() throws IOException {
    Path file = folder.resolve("tokenizer.json");
    Files.writeString(
        file,
        "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"\\ud835\\udcdb\":0,\"a\":1},\"merges\":[]}}");
    Files.delete(folder.resolve("tokenizer_config.json"));

    try (HfTokenizer tokenizer = HfTokenizer.load(folder)) {
      assertThat(tokenizer.encode("a\ud835\udcdb")).containsExactly(1, 0);
    }
  }

  @Test
  void refusesBytesThatAreNoText() throws IOException {
    Path file = folder.resolve("tokenizer.json");
    Files.write(file, new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'});

    assertRefused(file + ": not valid JSON: not UTF-8");
  }

  @Test
  void refusesJsonThatIsNoTokenizer() throws IOException {
    Path file = folder.resolve("tokenizer.json");

    Files.writeString(file, "[]");
    assertRefused(file + ": line 1: the file: expected an object, found an array");
    Files.writeString(file, "");
    assertRefused(file + ": line 1: the file: expected an object, found the end of the file");
    Files.writeString(file, "{\"model\":{\"vocab\":{}}}");
    assertRefused(file + ": no tokens in model.vocab; expected a tokenizer.json of Hugging Face");
    Files.writeString(file, "{\"model\":{\"vocab\":{\"a\":\"b\"}}}");
    assertRefused(file + ": line 1: the id of 'a': expected a whole number, found a string");
    Files.writeString(file, "{\"model\":{\"vocab\":{\"a\":2000000000}}}");
    assertRefused(file + ": token 'a' has id 2000000000; expected 0 to 16777215");
    Files.writeString(file, "{\"model\":{\"vocab\":{\"a\":0}},\"added_tokens\":[{\"id\":1}]}");
    assertRefused(
        file + ": added_tokens: expected an object with content and id, found {\"id\":1}");
    Files.writeString(file, "{} {}");
    assertRefused(file + ": text after the end of the JSON object");
  }

  @Test
  void refusesWhatTheNativeLibraryRefuses() throws IOException {
    Path file = folder.resolve("tokenizer.json");
    ObjectNode root = tokenizerJson();
    ((ObjectNode) root.get("model")).putArray("merges").add("no such");
    Files.writeString(file, root.toString());
    assertRefused(file + ": Hugging Face's tokenizer library refuses it: ");

    Files.writeString(file, "{\"model\":{\"type\":\"Unknown\",\"vocab\":{\"a\":0}}}");
    assertRefused(file + ": Hugging Face's tokenizer library refuses it: ");
  }

  @Test
  void refusesABadConfig() throws IOException {
    Path file = folder.resolve("tokenizer_config.json");

    Files.writeString(file, "{\"eos_token\":\"</s>\"}");
    assertRefused(file + ": eos_token '</s>' is not in the vocabulary of tokenizer.json");
    Files.writeString(file, "nonsense");
    assertRefused(file + ": not valid JSON: ");
    Files.writeString(file, "[]");
    assertRefused(file + ": expected a JSON object");
  }

  private void assertRefused(String... parts) {
    assertThatThrownBy(() -> HfTokenizer.load(folder))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(parts);
  }

  private ObjectNode tokenizerJson() throws IOException {
    return (ObjectNode) JSON.readTree(folder.resolve("tokenizer.json").toFile());
  }
}
