package org.pocketdistill.batch;

/**
 * How rows become micro-batches.
 *
 * @param batchSize rows (with packing: packs) of a micro-batch; the last of an epoch may have fewer
 * @param maxSeqLen longest row, and capacity of a pack, in tokens
 * @param packing put several rows into one
 * @param seed of the order
 */
public record BatchOptions(int batchSize, int maxSeqLen, boolean packing, long seed) {
  public BatchOptions {
    if (batchSize < 1) {
      throw new IllegalArgumentException("batch_size " + batchSize + ": expected at least 1");
    }
    if (maxSeqLen < 1) {
      throw new IllegalArgumentException("max_seq_len " + maxSeqLen + ": expected at least 1");
    }
  }
}
