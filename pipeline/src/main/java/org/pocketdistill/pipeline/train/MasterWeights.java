package org.pocketdistill.pipeline.train;

import ai.djl.ndarray.NDArray;
import java.util.Map;

/**
 * Parameters that hold a function of the numbers that are trained, those numbers rounded to few
 * bits for example. The masters are updated by the gradients of their parameters, as if the
 * function were the identity (straight-through estimator, arXiv 1308.3432), and the parameters are
 * filled anew.
 */
public interface MasterWeights {
  /** Every parameter is what is trained. */
  MasterWeights NONE =
      new MasterWeights() {
        @Override
        public Map<String, NDArray> masters() {
          return Map.of();
        }

        @Override
        public void project() {
          // nothing follows from anything
        }
      };

  /**
   * Masters by the names of their parameters, in fp32 and of the same shapes. A parameter that is
   * not among the names is trained itself.
   */
  Map<String, NDArray> masters();

  /** Fills the parameters from their masters. */
  void project();
}
