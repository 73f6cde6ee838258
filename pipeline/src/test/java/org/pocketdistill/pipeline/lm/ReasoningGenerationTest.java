package org.pocketdistill.pipeline.lm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.eval.LanguageModel.Generation;
import org.pocketdistill.eval.LanguageModel.GenerationOptions;
import org.pocketdistill.eval.LanguageModel.Trace;
import org.pocketdistill.pipeline.TinyModel;
import org.pocketdistill.tokenize.ChatMl;
import org.pocketdistill.tokenize.HfTokenizer;

/** Traces before answers, with tags of several tokens and of one. */
class ReasoningGenerationTest {
  private static final String PROMPT = "call me";
  private static final String OPENED = "call me<think>\n";
  private static final String FORCED = "\n</think>\n\n";

  @TempDir private Path folder;
  private HfTokenizer tokenizer;
  private ScriptedDecoder decoder;
  private int context = 120;

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

  private void loadWithTagsOfOneToken(boolean special) throws IOException {
    ObjectMapper json = new ObjectMapper();
    Path file = folder.resolve("tokenizer.json");
    ObjectNode root = (ObjectNode) json.readTree(file.toFile());
    int id = tokenizer.vocabSize();
    for (String tag : List.of("<think>", "</think>")) {
      root.withArray("added_tokens")
          .addObject()
          .put("id", id++)
          .put("content", tag)
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", special);
    }
    json.writeValue(file.toFile(), root);
    tokenizer.close();
    tokenizer = HfTokenizer.load(folder);
    assertThat(tokenizer.encode("</think>")).hasSize(1);
  }

  private TokenLanguageModel modelThatWrites(int... tokens) {
    decoder = new ScriptedDecoder(tokenizer.vocabSize(), context, tokens);
    return new TokenLanguageModel(tokenizer, new ChatMl(), decoder, List.of(TinyModel.END), 2);
  }

  private TokenLanguageModel modelThatWrites(String text) {
    return modelThatWrites(then(ids(text), TinyModel.END));
  }

  private int[] ids(String text) {
    return tokenizer.encode(text);
  }

  private static int[] then(int[] first, int... second) {
    return IntStream.concat(IntStream.of(first), IntStream.of(second)).toArray();
  }

  private static GenerationOptions limit(int tokens, String... stop) {
    return new GenerationOptions(tokens, List.of(stop), 0, 0, 1, 0);
  }

  private static GenerationOptions budget(int budget, int tokens) {
    return limit(tokens).withReasoningBudget(OptionalInt.of(budget));
  }

  private static Generation generate(
      TokenLanguageModel model, String prompt, GenerationOptions options) {
    Generation alone = model.generateUntil(List.of(prompt), options).get(0);
    assertThat(model.generateUntil(List.of("", prompt, prompt), options))
        .as("in a batch")
        .last()
        .isEqualTo(alone);
    assertThat(model.stream(prompt, options, piece -> {})).as("streamed").isEqualTo(alone);
    return alone;
  }

  @ParameterizedTest
  @ValueSource(strings = {"several", "one", "special"})
  void tellsTheTraceFromTheAnswer(String tags) throws IOException {
    if (!tags.equals("several")) {
      loadWithTagsOfOneToken(tags.equals("special"));
    }
    int before = ids("<think>\n7 + 5 < 13\n</think>").length;
    int all = ids("<think>\n7 + 5 < 13\n</think>\n\n12").length;
    Generation generation =
        generate(modelThatWrites("<think>\n7 + 5 < 13\n</think>\n\n12"), PROMPT, limit(100));

    assertThat(generation)
        .isEqualTo(
            new Generation("12", all + 1, true, new Trace("7 + 5 < 13", before, true, false)));
    assertThat(generation.truncatedReasoning()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"several, hm</think>ok", "one, 'hm\n</think>\n\nok'"})
  void knowsAPromptThatOpensTheTrace(String tags, String text) throws IOException {
    if (tags.equals("one")) {
      loadWithTagsOfOneToken(false);
    }
    Generation generation = generate(modelThatWrites(text), OPENED, limit(100));

    assertThat(generation.text()).isEqualTo("ok");
    assertThat(generation.trace().text()).isEqualTo("hm");
    assertThat(generate(modelThatWrites("only thought"), OPENED, limit(100)).text()).isEmpty();
    assertThat(generate(modelThatWrites("an answer"), OPENED + "</think>", limit(100)).text())
        .isEqualTo("an answer");
  }

  @Test
  void hasNoAnswerWhereTheLimitComesWithinTheTrace() {
    Generation generation =
        generate(modelThatWrites("<think>\n0123456789</think>ok"), PROMPT, limit(14));

    assertThat(generation.text()).isEmpty();
    assertThat(generation.tokens()).isEqualTo(14);
    assertThat(generation.trace().closed()).isFalse();
    assertThat(generation.trace().text()).startsWith("0123");
    assertThat(generation.truncatedReasoning()).isTrue();
  }

  @Test
  void hasNoAnswerWhereTheModelEndsWithinTheTrace() {
    Generation generation = generate(modelThatWrites("<think>\nhm"), PROMPT, limit(100));

    assertThat(generation.text()).isEmpty();
    assertThat(generation.finished()).isTrue();
    assertThat(generation.trace().closed()).isFalse();
    assertThat(generation.truncatedReasoning()).isFalse();
  }

  @Test
  void looksForStopStringsInTheAnswerAlone() {
    TokenLanguageModel model = modelThatWrites("<think>\na\nb. c\n</think>\n\nfirst. second");

    assertThat(generate(model, PROMPT, limit(100, ".")).text()).isEqualTo("first");
    assertThat(generate(model, PROMPT, limit(100, ".")).trace().text()).isEqualTo("a\nb. c");
  }

  @Test
  void takesAClosingTagAloneAsTheEndOfATrace() {
    int before = ids("hm\n</think>").length;
    Generation generation = generate(modelThatWrites("hm\n</think>\n\nok"), PROMPT, limit(100));

    assertThat(generation.text()).isEqualTo("ok");
    assertThat(generation.trace()).isEqualTo(new Trace("hm", before, true, false));
  }

  @ParameterizedTest
  @ValueSource(strings = {"<thin air>", "<", " \n no <think>ing", "                    <think>a"})
  void leavesOtherTextsAsTheyAre(String text) {
    Generation generation = generate(modelThatWrites(text), PROMPT, limit(100));

    assertThat(generation.text()).isEqualTo(text);
    assertThat(generation.trace()).isEqualTo(Trace.NONE);
  }

  /** The script goes on under the tokens that are forced, as a model's cache does. */
  private int[] forcedScript(String start, String forced, String answer) {
    return then(then(ids(start), new int[ids(forced).length]), then(ids(answer), TinyModel.END));
  }

  private String written(TokenLanguageModel model, String prompt, GenerationOptions options) {
    int before = decoder.written().length;
    model.stream(prompt, options, piece -> {});
    int[] all = decoder.written();
    return tokenizer.decode(java.util.Arrays.copyOfRange(all, before, all.length), false);
  }

  @ParameterizedTest
  @ValueSource(strings = {"several", "one", "special"})
  void closesATraceAtItsBudgetAndThenAnswers(String tags) throws IOException {
    if (!tags.equals("several")) {
      loadWithTagsOfOneToken(tags.equals("special"));
    }
    int[] script = forcedScript("<think>\n012", FORCED, "abcdef");
    TokenLanguageModel model = modelThatWrites(script);

    Generation generation = generate(model, PROMPT, budget(4, 6));

    int before = ids("<think>\n012").length + ids(FORCED).length;
    assertThat(generation)
        .isEqualTo(
            new Generation("abcdef", before + 6, false, new Trace("012", before, true, true)));
    assertThat(generate(model, PROMPT, budget(4, 7)).finished())
        .as("the answer has a limit of its own")
        .isTrue();
    assertThat(written(model, PROMPT, budget(4, 7))).isEqualTo("<think>\n012\n</think>\n\nabcdef");
  }

  @Test
  void leavesATraceWithinItsBudgetAlone() {
    Generation generation =
        generate(modelThatWrites("<think>\n012\n</think>\n\nabc"), PROMPT, budget(50, 6));

    assertThat(generation.text()).isEqualTo("abc");
    assertThat(generation.finished()).isTrue();
    assertThat(generation.trace().closedByBudget()).isFalse();
  }

  @Test
  void closesATraceAtOnceWithoutABudget() {
    TokenLanguageModel model = modelThatWrites(forcedScript("<think>", "\n\n</think>\n\n", "ok"));
    Generation generation = generate(model, PROMPT, budget(0, 8));

    assertThat(generation.text()).isEqualTo("ok");
    assertThat(generation.trace().text()).isEmpty();
    assertThat(generation.trace().closedByBudget()).isTrue();
    assertThat(written(model, PROMPT, budget(0, 8)))
        .as("as Qwen3 is told not to think")
        .isEqualTo("<think>\n\n</think>\n\nok");

    model = modelThatWrites(forcedScript("", FORCED, "ok"));
    assertThat(generate(model, OPENED, budget(0, 8)).text()).isEqualTo("ok");
    assertThat(written(model, OPENED, budget(0, 8))).isEqualTo("\n</think>\n\nok");

    assertThat(generate(modelThatWrites("at once"), PROMPT, budget(0, 20)))
        .as("a model that does not think is not disturbed")
        .isEqualTo(new Generation("at once", ids("at once").length + 1, true));
  }

  @Test
  void writesNoSecondLineBreakBeforeTheForcedTag() {
    TokenLanguageModel model = modelThatWrites(forcedScript("<think>\n0\n", "</think>\n\n", "ok"));

    assertThat(written(model, PROMPT, budget(3, 8))).isEqualTo("<think>\n0\n</think>\n\nok");
  }

  @Test
  void closesATraceInTimeForTheAnswerToFitTheContext() {
    context = ids(OPENED).length + 30;
    int[] script = forcedScript("0123456789".repeat(4), "", "");
    Generation generation = generate(modelThatWrites(script), OPENED, budget(1000, 12));

    assertThat(generation.trace().closedByBudget()).isTrue();
    int answer = generation.tokens() - generation.trace().tokens();
    assertThat(answer).isBetween(12, 13);
  }

  @Test
  void streamsTraceAndAnswerApart() {
    List<String> pieces = new ArrayList<>();
    GenerationPieces collect =
        new GenerationPieces() {
          @Override
          public void answer(String piece) {
            pieces.add("A" + piece);
          }

          @Override
          public void reasoning(String piece) {
            pieces.add("R" + piece);
          }
        };

    modelThatWrites("<think>\n1 < 2 </ 明\n</think>\n\no k").stream(PROMPT, limit(100), collect);

    assertThat(pieces).noneMatch(piece -> piece.contains("\uFFFD")).doesNotContain("R", "A");
    assertThat(joined(pieces, "R")).isEqualTo("1 < 2 </ 明");
    assertThat(joined(pieces, "A")).isEqualTo("o k");
    assertThat(pieces.indexOf("Ao")).isGreaterThan(pieces.size() - 4);

    pieces.clear();
    modelThatWrites("<think>\nabc").stream(PROMPT, limit(ids("<think>\nab").length), collect);
    assertThat(joined(pieces, "R")).as("cut off").isEqualTo("ab");
    pieces.clear();
    modelThatWrites("<thi").stream(PROMPT, limit(100), collect);
    assertThat(pieces).as("held back until it was sure").containsExactly("A<thi");
  }

  private static String joined(List<String> pieces, String kind) {
    return pieces.stream()
        .filter(piece -> piece.startsWith(kind))
        .map(piece -> piece.substring(1))
        .reduce("", String::concat);
  }

  @Test
  void closesTheTraceOfAPromptBeforeAnAnswerIsScored() {
    TokenLanguageModel model = modelThatWrites("");

    assertThat(model.beforeAnswer(OPENED, "")).isEqualTo("call me<think>\n\n</think>\n\n");
    assertThat(model.beforeAnswer(PROMPT, "t")).isEqualTo("call me<think>\nt\n</think>\n\n");
  }
}
