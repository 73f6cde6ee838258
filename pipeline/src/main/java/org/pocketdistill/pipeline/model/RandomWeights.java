package org.pocketdistill.pipeline.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.sampling.distribution.ZigguratSampler;
import org.apache.commons.rng.simple.RandomSource;
import org.pocketdistill.pipeline.torch.Torch;

/**
 * Weights of an untrained decoder: norms 1, biases 0, matrices N(0, σ²) with σ² = 2 / (5 · hidden)
 * (SmallInit, Nguyen and Salazar, arXiv 1910.05895), and those that write into the residual stream
 * N(0, σ² / (2 · layers)) as in GPT-2. The 0.02 of larger models leaves narrow ones hardly any
 * signal to start from.
 *
 * <p>Each array has a generator of its own, seeded by the run's seed and the array's name, so that
 * a shape changed in one place leaves the others as they were.
 */
final class RandomWeights {
  private RandomWeights() {}

  static Weights draw(ModelConfig config, long seed) {
    double deviation = Math.sqrt(2.0 / (5.0 * config.hiddenSize()));
    double residual = deviation / Math.sqrt(2.0 * config.numHiddenLayers());
    return Weights.fill(
        config,
        (owner, name, shape) -> {
          if (shape.dimension() == 1) {
            return constant(owner, shape, name.endsWith(".bias") ? 0f : 1f);
          }
          boolean writesResidual =
              name.endsWith("o_proj.weight") || name.endsWith("down_proj.weight");
          return normal(owner, shape, writesResidual ? residual : deviation, mix(seed, name));
        });
  }

  private static long mix(long seed, String name) {
    return seed * 0x9E3779B97F4A7C15L + name.hashCode();
  }

  private static NDArray constant(NDManager owner, Shape shape, float value) {
    float[] values = new float[Math.toIntExact(shape.size())];
    Arrays.fill(values, value);
    return Torch.copyOf(owner, values, shape);
  }

  private static NDArray normal(NDManager owner, Shape shape, double deviation, long seed) {
    UniformRandomProvider random = RandomSource.XO_RO_SHI_RO_128_PP.create(seed);
    ZigguratSampler.NormalizedGaussian gaussian = ZigguratSampler.NormalizedGaussian.of(random);
    float[] values = new float[Math.toIntExact(shape.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (deviation * gaussian.sample());
    }
    return Torch.copyOf(owner, values, shape);
  }
}
