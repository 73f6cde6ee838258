package org.pocketdistill.tokenize;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * BPE training in progress: the words as token ids, the count of every pair of neighbours and the
 * words each pair occurs in, all kept up to date by each merge.
 *
 * <p>The queue is lazy: an entry whose count is out of date is put back with the present one when
 * it comes up. That is right because a pair's count only falls after the step that made the pair.
 */
final class MergeState {
  private static final Comparator<Candidate> BEST_FIRST =
      Comparator.comparingLong(Candidate::count)
          .reversed()
          .thenComparingInt(c -> c.pair().left)
          .thenComparingInt(c -> c.pair().right);

  private final List<String> tokens = new ArrayList<>();
  private final Map<String, Integer> idOfToken = new HashMap<>();
  private final int[] idOfByte = new int[256];
  private final List<String> merges = new ArrayList<>();
  private final Set<Long> merged = new HashSet<>();

  private final List<int[]> words = new ArrayList<>();
  private final List<Long> wordCounts = new ArrayList<>();
  private final Map<Long, Pair> pairs = new HashMap<>();
  private final PriorityQueue<Candidate> queue = new PriorityQueue<>(BEST_FIRST);

  MergeState() {
    SpecialTokens.ALL.forEach(this::idOf);
    for (char c : ByteAlphabet.sorted()) {
      idOf(String.valueOf(c));
    }
    for (int b = 0; b < idOfByte.length; b++) {
      idOfByte[b] = idOf(String.valueOf(ByteAlphabet.character(b)));
    }
  }

  /** Number of tokens so far. */
  int size() {
    return tokens.size();
  }

  BpeVocabulary vocabulary(PreTokenizer preTokenizer) {
    return new BpeVocabulary(preTokenizer, tokens, merges);
  }

  /** Adds a distinct word that occurs {@code count} times. */
  void addWord(byte[] utf8, long count) {
    int[] word = new int[utf8.length];
    for (int i = 0; i < word.length; i++) {
      word[i] = idOfByte[utf8[i] & 0xFF];
    }
    int index = words.size();
    words.add(word);
    wordCounts.add(count);
    for (int i = 1; i < word.length; i++) {
      pair(word[i - 1], word[i]).add(index, count);
    }
  }

  /** Makes every pair a candidate; to be called once, after the last word. */
  void queueAllPairs() {
    pairs.values().forEach(pair -> queue.add(new Candidate(pair, pair.count)));
  }

  /** Merges the best pair; false if none is left that occurs {@code minCount} times. */
  boolean mergeNext(long minCount) {
    while (!queue.isEmpty()) {
      Candidate best = queue.poll();
      Pair pair = best.pair();
      if (best.count() != pair.count) {
        queue.add(new Candidate(pair, pair.count));
      } else if (pair.count < minCount) {
        return false;
      } else {
        merge(pair);
        return true;
      }
    }
    return false;
  }

  private void merge(Pair pair) {
    String left = tokens.get(pair.left);
    String right = tokens.get(pair.right);
    int token = idOf(left + right);
    // a pair comes back where its right half was made a second time from other parts
    if (merged.add(pair.key())) {
      merges.add(left + " " + right);
    }
    pairs.remove(pair.key());
    pair.count = 0;
    List<Pair> grown = new ArrayList<>();
    for (int i = 0; i < pair.wordCount; i++) {
      mergeInWord(pair, token, pair.words[i], grown);
    }
    grown.stream().distinct().forEach(p -> queue.add(new Candidate(p, p.count)));
  }

  private void mergeInWord(Pair pair, int token, int index, List<Pair> grown) {
    int[] word = words.get(index);
    long count = wordCounts.get(index);
    int written = 0;
    int next = 0;
    while (next < word.length) {
      if (!pair.isAt(word, next)) {
        word[written++] = word[next++];
        continue;
      }
      next += 2;
      if (written > 0) {
        shrink(word[written - 1], pair.left, count);
        grown.add(pair(word[written - 1], token).add(index, count));
      }
      if (next < word.length) {
        shrink(pair.right, word[next], count);
        grown.add(pair(token, word[next]).add(index, count));
      }
      word[written++] = token;
    }
    words.set(index, written == word.length ? word : Arrays.copyOf(word, written));
  }

  private void shrink(int left, int right, long count) {
    Pair pair = pairs.get(Pair.key(left, right));
    if (pair != null) {
      pair.count -= count;
    }
  }

  private Pair pair(int left, int right) {
    return pairs.computeIfAbsent(Pair.key(left, right), key -> new Pair(left, right));
  }

  private int idOf(String token) {
    return idOfToken.computeIfAbsent(
        token,
        t -> {
          tokens.add(t);
          return tokens.size() - 1;
        });
  }

  /** A pair as it stood when it was queued. */
  private record Candidate(Pair pair, long count) {}

  /** Two neighbouring tokens; {@code words} may name words that no longer hold the pair. */
  private static final class Pair {
    final int left;
    final int right;
    long count;
    int[] words = new int[2];
    int wordCount;

    Pair(int left, int right) {
      this.left = left;
      this.right = right;
    }

    static long key(int left, int right) {
      return (long) left << 32 | right;
    }

    long key() {
      return key(left, right);
    }

    boolean isAt(int[] word, int index) {
      return index + 1 < word.length && word[index] == left && word[index + 1] == right;
    }

    /** Occurs {@code times} more, in this word; words come in runs, so the last one tells. */
    Pair add(int word, long times) {
      count += times;
      if (wordCount > 0 && words[wordCount - 1] == word) {
        return this;
      }
      if (wordCount == words.length) {
        words = Arrays.copyOf(words, wordCount * 2);
      }
      words[wordCount++] = word;
      return this;
    }
  }
}
