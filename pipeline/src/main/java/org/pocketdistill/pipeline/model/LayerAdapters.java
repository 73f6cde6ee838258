package org.pocketdistill.pipeline.model;

import ai.djl.ndarray.NDArray;
import java.util.List;

/** Low-rank additions to the projections of a decoder's layers. */
public interface LayerAdapters {
  /**
   * A [r, in], B [out, r] and scale [] for each {@link Projection} of a layer, in order; A and B
   * are empty arrays for a projection without an addition.
   */
  List<NDArray> of(int layer);
}
