package org.pocketdistill.tokenize.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pocketdistill.data.DataException;
import org.pocketdistill.tokenize.HfTokenizer;

class GgufTokenizerTest {
  private static final GgufVocabulary VOCABULARY =
      new GgufVocabulary(
          "gpt2",
          Optional.of("gpt-2"),
          List.of("a", "b", "ab", "<x>"),
          List.of(1, 1, 1, 3),
          List.of(),
          List.of("a b"),
          GgufVocabulary.SpecialIds.NONE,
          GgufVocabulary.Flags.ABSENT,
          Optional.empty());

  @Test
  void mergesAndKnowsControlTokens() {
    try (HfTokenizer tokenizer = GgufTokenizer.of("model.gguf", VOCABULARY, 64).open()) {
      assertThat(tokenizer.encode("abb<x>a")).containsExactly(2, 1, 3, 0);
      assertThat(tokenizer.decode(new int[] {2, 1, 3, 0}, true)).isEqualTo("abba");
    }
  }

  @Test
  void refusesOtherModels() {
    GgufVocabulary bert =
        new GgufVocabulary(
            "bert",
            Optional.empty(),
            VOCABULARY.tokens(),
            List.of(),
            List.of(),
            List.of(),
            GgufVocabulary.SpecialIds.NONE,
            GgufVocabulary.Flags.ABSENT,
            Optional.empty());

    assertThatThrownBy(() -> GgufTokenizer.of("model.gguf", bert, 64))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("model.gguf: tokenizer.ggml.model 'bert' is not supported");
  }
}
