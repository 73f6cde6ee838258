package org.pocketdistill.pipeline.train;

import org.pocketdistill.batch.Batch;

/** Micro-batches by number, counted from the start of training; the same number, the same batch. */
@FunctionalInterface
public interface BatchSource {
  /** The micro-batch of that number, from 0. */
  Batch get(long microBatch);
}
