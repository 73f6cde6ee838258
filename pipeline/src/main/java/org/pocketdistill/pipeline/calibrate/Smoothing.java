package org.pocketdistill.pipeline.calibrate;

import java.util.Map;
import org.pocketdistill.pipeline.calibrate.ScaledTensors.Factors;
import org.pocketdistill.pipeline.model.LowRankUpdate;
import org.pocketdistill.pipeline.model.TensorSource;

/** Factors between the matrices of a decoder that change nothing of what it computes. */
public final class Smoothing {
  private static final Smoothing NONE = new Smoothing(Map.of(), Map.of());

  private final Map<String, Factors> factors;
  private final Map<LinearInput, double[]> divisors;

  Smoothing(Map<String, Factors> factors, Map<LinearInput, double[]> divisors) {
    this.factors = Map.copyOf(factors);
    this.divisors = Map.copyOf(divisors);
  }

  /** Leaves everything as it is. */
  public static Smoothing none() {
    return NONE;
  }

  /** The weights with the factors multiplied in. */
  public TensorSource apply(TensorSource tensors) {
    return factors.isEmpty() ? tensors : new ScaledTensors(tensors, factors);
  }

  /** An adapter for the weights with the factors multiplied in. */
  public LowRankUpdate apply(LowRankUpdate update) {
    Factors own = factors.get(update.module() + ".weight");
    if (own == null) {
      return update;
    }
    float[] a = update.a().clone();
    float[] b = update.b().clone();
    own.applyToColumns(a);
    own.applyToRows(b);
    return new LowRankUpdate(update.module(), update.rank(), a, b);
  }

  /** What the channels of an activation are divided by; ones where it stays as it is. */
  double[] divisors(LinearInput input, int channels) {
    return divisors.containsKey(input) ? divisors.get(input) : SmoothQuant.ones(channels);
  }
}
