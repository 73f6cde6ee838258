package org.pocketdistill.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.data.DataException;

class VocabularyCutTest {
  @TempDir private Path folder;
  private HfTokenizer whole;
  private VocabularyCut cut;
  private List<String> corpus;

  @BeforeEach
  void train() throws IOException {
    whole = TrainedTokenizer.in(folder);
    cut = VocabularyCut.of(folder);
    List<String> lines = TrainedTokenizer.lines("training-text.txt");
    corpus = lines.subList(0, lines.size() / 4);
  }

  @AfterEach
  void close() {
    whole.close();
  }

  private long[] counts() {
    long[] counts = new long[whole.vocabSize()];
    corpus.forEach(line -> Arrays.stream(whole.encode(line)).forEach(id -> counts[id]++));
    return counts;
  }

  private HfTokenizer written(int[] kept) throws IOException {
    Path target = folder.resolve("cut");
    cut.write(target, kept);
    return HfTokenizer.load(target);
  }

  @Test
  void textOfKeptTokensIsCutAsBefore() throws IOException {
    int[] kept = cut.keep(counts(), 1, Integer.MAX_VALUE);
    assertThat(kept.length).isLessThan(whole.vocabSize());
    try (HfTokenizer smaller = written(kept)) {
      assertThat(smaller.vocabSize()).isEqualTo(kept.length);
      assertThat(smaller.idsIn(whole)).isEqualTo(kept);
      for (String line : corpus) {
        int[] ids = Arrays.stream(smaller.encode(line)).map(id -> kept[id]).toArray();
        assertThat(ids).as(line).isEqualTo(whole.encode(line));
      }
    }
  }

  @Test
  void anyTextCanStillBeEncoded() throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    try (HfTokenizer smaller = written(cut.keep(counts(), 1, 300))) {
      for (int i = 0; i < 200; i++) {
        String text = RandomText.next(random, 20);
        assertThat(smaller.decode(smaller.encode(text), false)).as("seed " + seed).isEqualTo(text);
      }
    }
  }

  @Test
  void theMostUsedTokensStayWithWhatTheyAreMergedFrom() throws IOException {
    int[] kept = cut.keep(counts(), 0, 320);
    assertThat(kept).hasSize(320).isSorted();
    try (HfTokenizer smaller = written(kept)) {
      long all = corpus.stream().mapToLong(line -> smaller.encode(line).length).sum();
      int[] first = cut.keep(new long[whole.vocabSize()], 0, 320);
      cut.write(folder.resolve("first"), first);
      try (HfTokenizer unranked = HfTokenizer.load(folder.resolve("first"))) {
        assertThat(all)
            .isLessThan(corpus.stream().mapToLong(line -> unranked.encode(line).length).sum());
      }
    }
  }

  @Test
  void namedTokensKeepTheirMeaning() throws IOException {
    try (HfTokenizer smaller = written(cut.keep(counts(), 1, 400))) {
      for (String token : SpecialTokens.ALL) {
        int id = smaller.idOf(token).orElseThrow();
        assertThat(smaller.encode(token)).containsExactly(id);
      }
      assertThat(smaller.decode(new int[] {smaller.eosId().orElseThrow()}, false))
          .isEqualTo(whole.decode(new int[] {whole.eosId().orElseThrow()}, false));
    }
  }

  @Test
  void tooFewTokensAreRefused() {
    assertThatThrownBy(() -> cut.keep(counts(), 0, 100))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("tokenizer.json")
        .hasMessageContaining("got 100");
  }

  @Test
  void anotherKindOfVocabularyIsRefused() throws IOException {
    Files.writeString(
        folder.resolve("tokenizer.json"), "{\"model\": {\"type\": \"Unigram\", \"vocab\": []}}");
    assertThatThrownBy(() -> VocabularyCut.of(folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("Unigram")
        .hasMessageContaining("BPE");
  }

  @Test
  void aTokenThatTheOtherLacksIsNamed() throws IOException {
    try (HfTokenizer smaller = written(cut.keep(counts(), 1, 300))) {
      assertThatThrownBy(() -> whole.idsIn(smaller))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("is not among the 300 tokens");
    }
  }
}
