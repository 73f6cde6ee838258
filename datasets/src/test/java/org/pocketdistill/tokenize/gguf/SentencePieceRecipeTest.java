package org.pocketdistill.tokenize.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.pocketdistill.tokenize.HfTokenizer;

class SentencePieceRecipeTest {
  private static final String LETTERS = "ab\u2581\u4f60";

  /**
   * Random vocabularies and texts, so that merges compete; scores differ, as SentencePiece's do.
   */
  @Test
  void mergesWhatScoresHighestFirst() {
    long seed = new Random().nextLong();
    System.out.println("mergesWhatScoresHighestFirst: seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 20; round++) {
      List<String> tokens = tokens(random);
      List<Float> scores = new ArrayList<>();
      tokens.forEach(token -> scores.add((float) -scores.size()));
      VocabularyDraft draft = VocabularyDraft.sentencePiece(tokens, scores);
      try (HfTokenizer tokenizer = GgufTokenizer.of("model.gguf", draft.vocabulary(), 64).open()) {
        for (int i = 0; i < 50; i++) {
          String text = text(random, "abc \u4f60\u597d", 1 + random.nextInt(20));
          assertThat(tokenizer.encode(text))
              .as("seed %d, round %d, text '%s'", seed, round, text)
              .isEqualTo(naive(draft, text));
          assertThat(tokenizer.decode(tokenizer.encode(text), false)).isEqualTo(text);
        }
      }
    }
  }

  /** The letters and words that can be made of two shorter ones. */
  private static List<String> tokens(Random random) {
    Set<String> tokens = new LinkedHashSet<>();
    LETTERS.chars().forEach(c -> tokens.add(String.valueOf((char) c)));
    while (tokens.size() < 40) {
      List<String> so = List.copyOf(tokens);
      tokens.add(so.get(random.nextInt(so.size())) + so.get(random.nextInt(so.size())));
    }
    List<String> shuffled = new ArrayList<>(tokens);
    java.util.Collections.shuffle(shuffled, random);
    return shuffled;
  }

  private static String text(Random random, String letters, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append(letters.charAt(random.nextInt(letters.length())));
    }
    return text.toString();
  }

  /** Joins, again and again, the neighbours whose token scores highest, the first of equal ones. */
  private static int[] naive(VocabularyDraft draft, String text) {
    List<String> parts = new ArrayList<>();
    ("\u2581" + text.replace(' ', '\u2581')).chars().forEach(c -> parts.add("" + (char) c));
    while (true) {
      int best = -1;
      float bestScore = Float.NEGATIVE_INFINITY;
      for (int i = 0; i + 1 < parts.size(); i++) {
        int id = draft.tokens.indexOf(parts.get(i) + parts.get(i + 1));
        if (id >= 0 && draft.scores.get(id) > bestScore) {
          best = i;
          bestScore = draft.scores.get(id);
        }
      }
      if (best < 0) {
        return parts.stream().flatMapToInt(part -> Arrays.stream(ids(draft, part))).toArray();
      }
      parts.set(best, parts.get(best) + parts.remove(best + 1));
    }
  }

  private static int[] ids(VocabularyDraft draft, String part) {
    int id = draft.tokens.indexOf(part);
    if (id >= 0) {
      return new int[] {id};
    }
    byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
    int[] ids = new int[bytes.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = draft.tokens.indexOf("<0x%02X>".formatted(bytes[i] & 0xFF));
    }
    return ids;
  }
}
