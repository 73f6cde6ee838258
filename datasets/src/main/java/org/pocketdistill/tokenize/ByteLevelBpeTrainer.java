package org.pocketdistill.tokenize;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.pocketdistill.data.DataException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learns a byte-level BPE vocabulary: starting from the 256 bytes, the most frequent pair of
 * neighbouring tokens becomes a token, until the vocabulary is full.
 *
 * <p>Rules: pairs never cross the pieces of the pre-tokenizer; of equally frequent pairs the one
 * with the smaller left id, then the smaller right id is merged; a pair must be seen at least
 * twice; special tokens come first and cut the text where they are written in it. The result
 * depends on the texts' words and their counts alone, not on the order of the texts.
 *
 * <p>Texts are fed one by one; kept are only the distinct pieces and their counts. Not thread-safe.
 *
 * <p>Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units", 2016.
 */
public final class ByteLevelBpeTrainer {
  private static final Logger log = LoggerFactory.getLogger(ByteLevelBpeTrainer.class);
  private static final Duration LOG_INTERVAL = Duration.ofSeconds(5);
  private static final long MIN_PAIR_COUNT = 2;
  private static final Pattern SPECIAL =
      Pattern.compile(
          SpecialTokens.ALL.stream().map(Pattern::quote).collect(Collectors.joining("|")));

  private final int vocabSize;
  private final PreTokenizer preTokenizer;
  private final Map<String, Long> pieceCounts = new LinkedHashMap<>();
  private long characters;
  private long lastLog = System.nanoTime();

  /**
   * A trainer without texts.
   *
   * @param vocabSize ids wanted, special tokens and the 256 bytes included
   * @param preTokenizer cuts texts into the pieces that merges never cross
   */
  public ByteLevelBpeTrainer(int vocabSize, PreTokenizer preTokenizer) {
    int smallest = SpecialTokens.ALL.size() + 256;
    if (vocabSize < smallest) {
      throw new IllegalArgumentException(
          "vocab_size " + vocabSize + ": expected at least " + smallest);
    }
    this.vocabSize = vocabSize;
    this.preTokenizer = preTokenizer;
  }

  /** Counts the pieces of one more text. */
  public void add(String text) {
    int start = 0;
    var special = SPECIAL.matcher(text);
    while (special.find()) {
      count(text.substring(start, special.start()));
      start = special.end();
    }
    count(text.substring(start));
    characters += text.length();
    if (timeToLog()) {
      log.info("bpe: {} characters read, {} distinct pieces", characters, pieceCounts.size());
    }
  }

  /**
   * Learns the merges. The vocabulary is smaller than asked for if the texts have too few pairs.
   *
   * @throws DataException if no text was given
   */
  public BpeVocabulary train() {
    if (pieceCounts.isEmpty()) {
      throw new DataException("no text to train the tokenizer on; expected at least one row");
    }
    MergeState state = new MergeState();
    pieceCounts.forEach(
        (piece, count) -> state.addWord(piece.getBytes(StandardCharsets.UTF_8), count));
    state.queueAllPairs();
    while (state.size() < vocabSize && state.mergeNext(MIN_PAIR_COUNT)) {
      if (timeToLog()) {
        log.info("bpe: {} of {} tokens", state.size(), vocabSize);
      }
    }
    if (state.size() < vocabSize) {
      log.warn(
          "bpe: {} of {} tokens: the texts have no more pairs that occur twice",
          state.size(),
          vocabSize);
    }
    return state.vocabulary(preTokenizer);
  }

  private void count(String text) {
    preTokenizer.split(
        UnpairedSurrogates.replaced(text), piece -> pieceCounts.merge(piece, 1L, Long::sum));
  }

  private boolean timeToLog() {
    long now = System.nanoTime();
    if (now - lastLog < LOG_INTERVAL.toNanos()) {
      return false;
    }
    lastLog = now;
    return true;
  }
}
