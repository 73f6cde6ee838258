package org.pocketdistill.tokenize.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pocketdistill.tokenize.gguf.ReducedVocabulary.Golden;

/**
 * The pieces that each rule makes, in Hugging Face's library and Oniguruma, against llama.cpp's
 * regular expressions, one after another, in Java's.
 */
class PreTokenizerRuleTest {
  private static final String GPT2_OF_LLAMA_CPP =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)";
  // llama.cpp's expressions are approximations or names of code; ours are the models' own
  private static final Set<String> OWN =
      Set.of("tekken", "gpt-4o", "granite-embed-multi-97m", "tiny_aya", "kimi-k2", "afmoe");

  private static JsonNode table;
  private static List<String> texts;

  @BeforeAll
  static void read() throws IOException {
    table = ReducedVocabulary.json("llama-cpp-pre.json");
    texts = new ArrayList<>();
    for (Golden golden : ReducedVocabulary.read("smollm2").strings()) {
      texts.add(golden.text());
    }
    texts.addAll(
        List.of(
            "HelloWorld iPhone15 don'T I'LL we'Ve",
            "1234567 12 1,234.5678 x12y345678 ٣٤٥٦٧",
            "a  b   c\t\td \n\n e \r\n f",
            "你好，世界！ 한국어 ไทย ខ្មែរ ＡＢＣ１２３",
            "e\u0301a\u0308 नमस्ते العربية ﷺ",
            "path/to//file/\n/ +=<>^~|` $5 (a) [b] {c} _d_ -e-"));
  }

  static List<String> values() {
    return PreTokenizerRule.values();
  }

  @ParameterizedTest
  @MethodSource("values")
  void cutsAsTheOriginalDoes(String pre) throws IOException {
    JsonNode row = row(pre);
    PreTokenizerRule rule = PreTokenizerRule.of("model.gguf", pre);
    boolean own = OWN.contains(row.at("/values/0").textValue());
    List<Pattern> expected =
        (own ? rule.split() : ReducedVocabulary.list(row.get("regexes"), JsonNode::textValue))
            .stream().map(PreTokenizerRuleTest::pattern).toList();

    VocabularyDraft draft = VocabularyDraft.bytes();
    draft.pre = Optional.of(pre);
    draft.bos = OptionalLong.of(0);
    GgufTokenizer.of("model.gguf", draft.vocabulary(), 64).open().close();
    byte[] json =
        TokenizerJsonWriter.bytes(
            TokenTable.of("model.gguf", draft.vocabulary()),
            ByteLevelRecipe.of(
                "model.gguf", draft.vocabulary(), TokenTable.of("model.gguf", draft.vocabulary())));
    try (HuggingFaceTokenizer tokenizer =
        HuggingFaceTokenizer.newInstance(
            new ByteArrayInputStream(json), Map.of("truncation", "false", "padding", "false"))) {
      for (String text : texts) {
        assertThat(pieces(tokenizer, text))
            .as("%s: %s", pre, text)
            .isEqualTo(split(expected, text));
      }
    }
  }

  @Test
  void hasTheFlagsOfLlamaCpp() {
    for (String pre : PreTokenizerRule.values()) {
      PreTokenizerRule rule = PreTokenizerRule.of("model.gguf", pre);
      assertThat(rule.ignoreMerges()).isEqualTo(row(pre).get("ignore_merges").booleanValue());
      assertThat(rule.addBos()).isEqualTo(row(pre).get("add_bos_if_absent").booleanValue());
    }
  }

  private static JsonNode row(String pre) {
    for (JsonNode row : table) {
      if (ReducedVocabulary.list(row.get("values"), JsonNode::textValue).contains(pre)) {
        return row;
      }
    }
    throw new AssertionError(pre + " is not in llama.cpp's table");
  }

  private static Pattern pattern(String regex) {
    String whole = regex.equals(GPT2_OF_LLAMA_CPP) ? regex + "|\\s+" : regex;
    String java = whole.replace("\\p{Han}", "\\p{IsHan}");
    return Pattern.compile(java, Pattern.UNICODE_CHARACTER_CLASS);
  }

  private static List<String> split(List<Pattern> expressions, String text) {
    List<String> pieces = List.of(text);
    for (Pattern expression : expressions) {
      List<String> next = new ArrayList<>();
      for (String piece : pieces) {
        int start = 0;
        for (var match = expression.matcher(piece); match.find(); start = match.end()) {
          next.add(piece.substring(start, match.start()));
          next.add(match.group());
        }
        next.add(piece.substring(start));
      }
      next.removeIf(String::isEmpty);
      pieces = next;
    }
    return pieces;
  }

  /** The text of the tokens that the library counts as one word. */
  private static List<String> pieces(HuggingFaceTokenizer tokenizer, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    List<String> pieces = new ArrayList<>();
    var encoding = tokenizer.encode(text, false, false);
    long[] words = encoding.getWordIds();
    String[] tokens = encoding.getTokens();
    int from = 0;
    int to = 0;
    for (int i = 0; i < words.length; i++) {
      to += tokens[i].length();
      if (i + 1 == words.length || words[i + 1] != words[i]) {
        pieces.add(new String(bytes, from, to - from, StandardCharsets.UTF_8));
        from = to;
      }
    }
    return pieces;
  }
}
