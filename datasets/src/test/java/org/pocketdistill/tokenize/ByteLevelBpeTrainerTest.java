package org.pocketdistill.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.pocketdistill.data.DataException;

class ByteLevelBpeTrainerTest {
  private static final int BASE = 3 + 256;

  @Test
  void learnsTheMergesOfHuggingFacesTrainer() {
    BpeVocabulary vocabulary = TrainedTokenizer.vocabulary(700);

    assertThat(vocabulary.merges())
        .containsExactlyElementsOf(TrainedTokenizer.lines("hf-merges.txt"));
  }

  @Test
  void putsSpecialTokensFirstThenTheBytesThenTheMerges() {
    BpeVocabulary vocabulary = TrainedTokenizer.vocabulary(400);

    assertThat(vocabulary.tokens()).hasSize(400).doesNotHaveDuplicates();
    assertThat(vocabulary.tokens().subList(0, 4))
        .containsExactly("<|endoftext|>", "<|im_start|>", "<|im_end|>", "!");
    assertThat(vocabulary.tokens().get(BASE)).isEqualTo("Ġt");
    assertThat(vocabulary.merges()).hasSize(400 - BASE);
  }

  @Test
  void givesTheSameMergesAsCountingAfreshAtEveryStep() {
    long seed = new Random().nextLong();
    System.out.println("givesTheSameMergesAsCountingAfreshAtEveryStep: seed " + seed);
    Random random = new Random(seed);
    for (int run = 0; run < 20; run++) {
      List<String> texts = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        texts.add(run % 2 == 0 ? lettersOfFour(random) : RandomText.next(random, 20));
      }

      BpeVocabulary vocabulary = TrainedTokenizer.train(texts, BASE + 60);

      assertThat(vocabulary.merges())
          .as("seed %d, run %d", seed, run)
          .containsExactlyElementsOf(NaiveBpe.merges(texts, 60));
    }
  }

  @Test
  void doesNotDependOnTheOrderOfTheTexts() {
    List<String> texts = new ArrayList<>(TrainedTokenizer.lines("training-text.txt"));
    BpeVocabulary inOrder = TrainedTokenizer.train(texts, 600);
    Collections.reverse(texts);

    assertThat(TrainedTokenizer.train(texts, 600)).isEqualTo(inOrder);
  }

  @Test
  void neverMergesDigitsNorAcrossWords() {
    BpeVocabulary vocabulary =
        TrainedTokenizer.train(Collections.nCopies(50, "at 1234 12 five six"), 400);

    assertThat(vocabulary.tokens().subList(BASE, vocabulary.tokens().size()))
        .contains("at", "Ġfive", "Ġsix")
        .noneMatch(token -> token.matches(".*\\d.*"))
        .noneMatch(token -> token.indexOf('Ġ') > 0);
  }

  @Test
  void cutsTextAtSpecialTokensAndLearnsNothingFromThem() {
    List<String> texts = Collections.nCopies(9, "ab<|im_end|>cd<|im_start|><|endoftext|>ab");

    assertThat(TrainedTokenizer.train(texts, 400).merges()).containsExactly("a b", "c d");
  }

  @Test
  void stopsWhereNoPairOccursTwice() {
    assertThat(TrainedTokenizer.train(List.of("abc xyz"), 400).merges()).isEmpty();
    assertThat(TrainedTokenizer.train(List.of("aaaa"), 400).merges()).containsExactly("a a");
  }

  @Test
  void replacesUnpairedSurrogates() {
    assertThat(TrainedTokenizer.train(List.of("\uD83Da", "\uD83Da"), 400))
        .isEqualTo(TrainedTokenizer.train(List.of("\uFFFDa", "\uFFFDa"), 400));
  }

  @Test
  void refusesToTrainOnNothing() {
    assertThatThrownBy(() -> TrainedTokenizer.train(List.of("", ""), 400))
        .isInstanceOf(DataException.class)
        .hasMessage("no text to train the tokenizer on; expected at least one row");
  }

  @Test
  void refusesAVocabularyTooSmallForTheBytes() {
    assertThatThrownBy(() -> new ByteLevelBpeTrainer(258, PreTokenizer.QWEN2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("vocab_size 258: expected at least 259");
  }

  private static String lettersOfFour(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(40); i >= 0; i--) {
      text.append("aabc ".charAt(random.nextInt(5)));
    }
    return text.toString();
  }
}
