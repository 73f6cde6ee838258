package org.pocketdistill.batch;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.pocketdistill.data.DataException;

/**
 * The micro-batches of a training, by number.
 *
 * <p>Micro-batch {@code n} is the {@code n % microBatchesPerEpoch()}-th of epoch {@code n /
 * microBatchesPerEpoch()}, and a function of (rows, options, n) alone: a training that resumes at
 * any number sees what it would have seen without the stop, and nothing is replayed. Only the order
 * of the epoch is built, once.
 *
 * <p>With packing, rows stand one after the other in packs of {@code maxSeqLen}; without, rows of
 * similar length share a micro-batch. A micro-batch is as long as its longest pack, rounded up to a
 * multiple of 8. Thread-safe.
 */
public final class Batches {
  private static final int EPOCHS_KEPT = 2;

  private final TokenizedRows rows;
  private final EpochOrder order;
  private final BatchAssembler assembler;
  private final Map<Long, int[][][]> epochs = new LinkedHashMap<>();

  /**
   * Batches of rows; none may be added afterwards.
   *
   * @throws DataException if there are no rows
   * @throws IllegalArgumentException if a row is longer than {@code maxSeqLen}
   */
  public Batches(TokenizedRows rows, BatchOptions options) {
    if (rows.size() == 0) {
      throw new DataException("no rows to learn from; expected at least one");
    }
    this.rows = rows;
    int[] lengths = IntStream.range(0, rows.size()).map(rows::length).toArray();
    this.order = EpochOrder.of(lengths, options);
    this.assembler = new BatchAssembler(rows, options.maxSeqLen());
  }

  /** Number of micro-batches of every epoch. */
  public int microBatchesPerEpoch() {
    return order.microBatches();
  }

  /** A micro-batch, numbered from 0 through all epochs. */
  public Batch get(long globalMicroBatch) {
    return assembler.assemble(packs(globalMicroBatch));
  }

  /** Learned tokens of a micro-batch, without assembling it. */
  public int learnedTokens(long globalMicroBatch) {
    return assembler.learnedTokens(packs(globalMicroBatch));
  }

  /** Share of the first epoch's positions that hold a token; the rest is padding. */
  public double fillRate() {
    long positions = 0;
    for (int[][] packs : epoch(0)) {
      positions += (long) packs.length * assembler.length(packs);
    }
    return (double) rows.tokens() / positions;
  }

  private int[][] packs(long globalMicroBatch) {
    if (globalMicroBatch < 0) {
      throw new IllegalArgumentException(
          "micro-batch " + globalMicroBatch + ": expected 0 or more");
    }
    int perEpoch = microBatchesPerEpoch();
    return epoch(globalMicroBatch / perEpoch)[(int) (globalMicroBatch % perEpoch)];
  }

  // two epochs, because an accumulation window or a look-ahead may stand across their border
  private synchronized int[][][] epoch(long epoch) {
    int[][][] known = epochs.get(epoch);
    if (known != null) {
      return known;
    }
    if (epochs.size() == EPOCHS_KEPT) {
      epochs.remove(epochs.keySet().iterator().next());
    }
    int[][][] built = order.epoch(epoch);
    epochs.put(epoch, built);
    return built;
  }
}
