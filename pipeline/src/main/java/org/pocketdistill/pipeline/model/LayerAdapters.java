package org.pocketdistill.pipeline.model;

import ai.djl.ndarray.NDArray;
import java.util.List;

/** Low-rank additions to the projections of a decoder's layers, and to its embedding. */
public interface LayerAdapters {
  /**
   * A [r, in], B [out, r], scale [] and magnitude [out] for each {@link Projection} of a layer, in
   * order; A and B are empty arrays for a projection without an addition, and so is the magnitude
   * of one that is not of DoRA.
   */
  List<NDArray> of(int layer);

  /** A [r, vocabulary], B [hidden, r] and scale [] for the embedding; no arrays if it has none. */
  default List<NDArray> embedding() {
    return List.of();
  }
}
