package org.pocketdistill.tokenize;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** BPE as its definition reads, as a control: every pair is counted afresh before every merge. */
final class NaiveBpe {
  private NaiveBpe() {}

  static List<String> merges(List<String> texts, int tokens) {
    List<String> vocabulary = new ArrayList<>();
    for (char c : ByteAlphabet.sorted()) {
      vocabulary.add(String.valueOf(c));
    }
    List<List<Integer>> words = words(texts, vocabulary);
    List<String> merges = new ArrayList<>();
    while (vocabulary.size() < 256 + tokens) {
      Map<List<Integer>, Integer> counts = pairCounts(words);
      List<Integer> best = null;
      for (List<Integer> pair : counts.keySet()) {
        if (best == null || counts.get(pair) > counts.get(best)) {
          best = pair;
        }
      }
      if (best == null || counts.get(best) < 2) {
        return merges;
      }
      String left = vocabulary.get(best.get(0));
      String right = vocabulary.get(best.get(1));
      if (!vocabulary.contains(left + right)) {
        vocabulary.add(left + right);
      }
      if (!merges.contains(left + " " + right)) {
        merges.add(left + " " + right);
      }
      merge(words, best, vocabulary.indexOf(left + right));
    }
    return merges;
  }

  private static List<List<Integer>> words(List<String> texts, List<String> vocabulary) {
    List<List<Integer>> words = new ArrayList<>();
    for (String text : texts) {
      PreTokenizer.QWEN2.split(
          text,
          piece -> {
            List<Integer> word = new ArrayList<>();
            for (byte b : piece.getBytes(StandardCharsets.UTF_8)) {
              word.add(vocabulary.indexOf(String.valueOf(ByteAlphabet.character(b & 0xFF))));
            }
            words.add(word);
          });
    }
    return words;
  }

  /** Sorted by left id, then right id, so that the first of equal counts is the one to merge. */
  private static Map<List<Integer>, Integer> pairCounts(List<List<Integer>> words) {
    Map<List<Integer>, Integer> counts =
        new TreeMap<>(
            (a, b) ->
                a.get(0).equals(b.get(0))
                    ? Integer.compare(a.get(1), b.get(1))
                    : Integer.compare(a.get(0), b.get(0)));
    for (List<Integer> word : words) {
      for (int i = 1; i < word.size(); i++) {
        counts.merge(List.of(word.get(i - 1), word.get(i)), 1, Integer::sum);
      }
    }
    return counts;
  }

  private static void merge(List<List<Integer>> words, List<Integer> pair, int token) {
    for (List<Integer> word : words) {
      for (int i = 0; i + 1 < word.size(); i++) {
        if (word.get(i).equals(pair.get(0)) && word.get(i + 1).equals(pair.get(1))) {
          word.set(i, token);
          word.remove(i + 1);
        }
      }
    }
  }
}
