package org.pocketdistill.pipeline.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Map;

/** How some of the parameters follow from their gradients. */
sealed interface UpdateRule permits AdamW, Muon {
  /** Updates its parameters in place; gradients may be spoilt. */
  void update(NDManager scope, Step step);

  /** Its moments by name. */
  Map<String, NDArray> state();

  /**
   * One step.
   *
   * @param number from 1
   * @param factor that gradients are multiplied by first (clipping)
   */
  record Step(long number, double learningRate, double factor) {}
}
