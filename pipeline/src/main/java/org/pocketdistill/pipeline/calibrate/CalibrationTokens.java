package org.pocketdistill.pipeline.calibrate;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.batch.Batches;
import org.pocketdistill.data.DataException;

/** How many tokens of text calibration sees. */
public final class CalibrationTokens {
  /** Where nobody says how many: enough for the moments of some thousand inputs. */
  public static final int DEFAULT = 16384;

  private CalibrationTokens() {}

  /**
   * The first micro-batches with at least as many tokens as asked for; without a wish all, up to
   * {@link #DEFAULT}.
   *
   * @param source of the rows, for messages
   * @throws DataException if there are fewer tokens than asked for
   */
  public static List<Batch> first(Batches batches, Optional<Integer> asked, String source) {
    List<Batch> first = new ArrayList<>();
    long tokens = 0;
    int wanted = asked.orElse(DEFAULT);
    for (int i = 0; i < batches.microBatchesPerEpoch() && tokens < wanted; i++) {
      Batch batch = batches.get(i);
      first.add(batch);
      tokens += count(batch);
    }
    requireEnough(tokens, asked, source);
    return first;
  }

  /** The first of some batches, with about so many tokens; at least one. */
  public static List<Batch> first(List<Batch> batches, int wanted) {
    List<Batch> first = new ArrayList<>();
    long tokens = 0;
    for (Batch batch : batches) {
      if (tokens < wanted) {
        first.add(batch);
        tokens += count(batch);
      }
    }
    return first;
  }

  /**
   * Checks a number of tokens.
   *
   * @throws DataException if there are fewer than asked for, or none
   */
  public static void requireEnough(long tokens, Optional<Integer> asked, String source) {
    if (tokens < asked.orElse(1)) {
      throw new DataException(
          "%s: %d tokens to calibrate on, expected at least %d; give more rows, or ask for fewer tokens"
              .formatted(source, tokens, asked.orElse(1)));
    }
  }

  /** Tokens of some batches without padding. */
  public static long count(List<Batch> batches) {
    return batches.stream().mapToLong(CalibrationTokens::count).sum();
  }

  /** Tokens of a batch without padding. */
  static long count(Batch batch) {
    long tokens = 0;
    for (long document : batch.documentIds()) {
      tokens += document > 0 ? 1 : 0;
    }
    return tokens;
  }
}
