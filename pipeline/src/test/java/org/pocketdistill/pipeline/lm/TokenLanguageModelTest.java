package org.pocketdistill.pipeline.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.data.DataException;
import org.pocketdistill.eval.LanguageModel.Generation;
import org.pocketdistill.eval.LanguageModel.GenerationOptions;
import org.pocketdistill.pipeline.TinyModel;
import org.pocketdistill.tokenize.ChatMl;
import org.pocketdistill.tokenize.HfTokenizer;

/** What a decoder writes, as text: its end, stop strings, whole characters. */
class TokenLanguageModelTest {
  private static final int CONTEXT = 40;

  @TempDir private Path folder;
  private HfTokenizer tokenizer;
  private ScriptedDecoder decoder;

  @BeforeEach
  void loadTokenizer() throws IOException {
    TinyModel.writeTokenizer(folder, 300);
    tokenizer = HfTokenizer.load(folder);
  }

  @AfterEach
  void closesWhatWasOpened() {
    assertThat(decoder.open()).isZero();
    tokenizer.close();
  }

  private TokenLanguageModel modelThatWrites(String text, int... more) {
    int[] tokens =
        IntStream.concat(IntStream.of(tokenizer.encode(text)), IntStream.of(more)).toArray();
    decoder = new ScriptedDecoder(tokenizer.vocabSize(), CONTEXT, tokens);
    return new TokenLanguageModel(tokenizer, new ChatMl(), decoder, List.of(TinyModel.END, 0), 2);
  }

  private static GenerationOptions greedy(int tokens, String... stop) {
    return new GenerationOptions(tokens, List.of(stop), 0, 0, 1, 0);
  }

  private Generation generate(TokenLanguageModel model, GenerationOptions options) {
    return model.generateUntil(List.of("call me"), options).get(0);
  }

  @Test
  void endsAtAnEndTokenAndLeavesItOut() {
    int tokens = tokenizer.encode("at seven").length;

    assertThat(generate(modelThatWrites("at seven", 2, 5), greedy(20)))
        .isEqualTo(new Generation("at seven", tokens + 1, true));
    assertThat(generate(modelThatWrites("at seven", 0, 5), greedy(20)).text())
        .isEqualTo("at seven");
  }

  @Test
  void isUnfinishedAtTheLimitOfTokens() {
    Generation generation = generate(modelThatWrites("0123456789"), greedy(4));

    assertThat(generation).isEqualTo(new Generation("0123", 4, false));
  }

  @Test
  void cutsBeforeTheFirstStopString() {
    TokenLanguageModel model = modelThatWrites("12\n345 67");

    assertThat(generate(model, greedy(9, "7", "4"))).isEqualTo(new Generation("12\n3", 5, true));
    assertThat(generate(model, greedy(9, "\n"))).isEqualTo(new Generation("12", 3, true));
    assertThat(generate(model, greedy(9, "34")))
        .as("over two tokens")
        .extracting("text")
        .isEqualTo("12\n");
    assertThat(generate(model, greedy(3, "x")).finished()).isFalse();
  }

  @Test
  void answersEachPromptOfABatchInItsPlace() {
    TokenLanguageModel model = modelThatWrites("yes", TinyModel.END);
    List<String> prompts = List.of("wake me at seven", "", "call", "in the morning", "her");

    assertThat(model.generateUntil(prompts.subList(2, 5), greedy(8)))
        .extracting(Generation::text)
        .containsExactly("yes", "yes", "yes");
  }

  @Test
  void refusesAPromptThatLeavesNoRoom() {
    TokenLanguageModel model = modelThatWrites("yes");
    String prompt = "0".repeat(CONTEXT);

    assertThatThrownBy(() -> model.generateUntil(List.of(prompt), greedy(8)))
        .isInstanceOf(DataException.class)
        .hasMessage(
            "a prompt of 40 tokens leaves no room for an answer in the model's context of 40");
    assertThatThrownBy(() -> model.stream(prompt, greedy(8), piece -> {}))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("leaves no room");
  }

  @Test
  void streamsWholeCharacters() {
    String text = "é 明 👩‍👩‍👧 a";
    List<String> pieces = new ArrayList<>();

    String whole =
        modelThatWrites(text, TinyModel.END).stream("call", greedy(60), pieces::add).text();

    assertThat(whole).isEqualTo(text);
    assertThat(String.join("", pieces)).isEqualTo(text);
    assertThat(pieces)
        .hasSizeGreaterThan(6)
        .doesNotContain("")
        .noneMatch(p -> p.contains("\uFFFD"));
    assertThat(pieces).contains("é", "明", "👧");
  }

  @Test
  void streamsWhatIsLeftOfACharacterThatBreaksOff() {
    int[] bytes = tokenizer.encode("明");
    List<String> pieces = new ArrayList<>();

    String whole =
        modelThatWrites("ok", bytes[0], TinyModel.END).stream("call", greedy(9), pieces::add)
            .text();
    assertThat(String.join("", pieces)).isEqualTo(whole).startsWith("ok").hasSize(3);

    pieces.clear();
    whole = modelThatWrites("ok", bytes[0], bytes[1]).stream("call", greedy(4), pieces::add).text();
    assertThat(String.join("", pieces)).as("at the limit of tokens").isEqualTo(whole);
  }

  @Test
  void streamsNoMoreThanTheContextHolds() {
    TokenLanguageModel model = modelThatWrites("1".repeat(100));

    String prompt = "0".repeat(CONTEXT - 3);
    assertThat(model.stream(prompt, greedy(50), piece -> {}).text()).isEqualTo("111");
  }

  @Test
  void scoresAnswersWithTheFirstEndToken() {
    assertThat(modelThatWrites("").endToken()).isEqualTo("<|im_end|>");
    assertThat(new TokenLanguageModel(tokenizer, new ChatMl(), decoder, List.of(), 1).endToken())
        .isEmpty();
  }
}
