package org.pocketdistill.pipeline.lora;

import ai.djl.ndarray.types.Shape;
import java.util.function.DoubleSupplier;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.sampling.distribution.ZigguratSampler;
import org.apache.commons.rng.simple.RandomSource;
import org.pocketdistill.pipeline.model.Weights;

/**
 * First values of an adapter that changes nothing yet, as PEFT has them: A is U(−1/√in, 1/√in) and
 * B is 0; for an embedding A is 0 and B is N(0, 1); magnitudes are the norms of the base's rows,
 * and a saved head is the base's.
 */
record LoraStart(UniformRandomProvider random, Weights base) implements LoraAdapter.Source {
  LoraStart(long seed, Weights base) {
    this(RandomSource.XO_RO_SHI_RO_128_PP.create(seed), base);
  }

  @Override
  public float[] values(LoraTensor tensor, Shape shape) {
    int size = Math.toIntExact(shape.size());
    return switch (tensor.part()) {
      case A -> {
        double bound = 1 / Math.sqrt((double) shape.get(1));
        yield draw(size, () -> bound * (2 * random.nextDouble() - 1));
      }
      case B, EMBEDDING_A -> new float[size];
      case EMBEDDING_B -> draw(size, ZigguratSampler.NormalizedGaussian.of(random)::sample);
      case MAGNITUDE -> rowNorms(base.values(tensor.path() + ".weight"), size);
      case WHOLE -> base.head().toFloatArray();
    };
  }

  private static float[] draw(int size, DoubleSupplier next) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) next.getAsDouble();
    }
    return values;
  }

  private static float[] rowNorms(float[] matrix, int rows) {
    int columns = matrix.length / rows;
    float[] norms = new float[rows];
    for (int row = 0; row < rows; row++) {
      double squares = 0;
      for (int i = row * columns; i < (row + 1) * columns; i++) {
        squares += (double) matrix[i] * matrix[i];
      }
      norms[row] = (float) Math.sqrt(squares);
    }
    return norms;
  }
}
