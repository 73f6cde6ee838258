package org.pocketdistill.pipeline.calibrate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Map;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.quantize.Hessian;
import org.pocketdistill.pipeline.torch.Arguments;
import org.pocketdistill.pipeline.torch.Kernels;
import org.pocketdistill.pipeline.torch.Torch;

/** Second moments XᵀX [size, size] of a matrix's inputs over the real tokens; close it. */
final class InputMoments implements AutoCloseable {
  private final NDManager manager = Torch.newManager();
  private final Kernels kernels = Kernels.load("Calibration", Map.of());
  private final int size;
  private final double[] sums;
  private final NDArray moments;

  /**
   * Adds the inputs up.
   *
   * @param inputs of each batch [B, T, size]
   * @param real of each batch [B, T] 1 for a token, 0 for padding
   */
  InputMoments(List<NDArray> inputs, List<NDArray> real) {
    this.size = (int) inputs.get(0).getShape().get(2);
    try (NDManager scope = manager.newSubManager()) {
      NDArray added = scope.zeros(new Shape(size, size), DataType.FLOAT64);
      for (int i = 0; i < inputs.size(); i++) {
        Arguments arguments = Arguments.of(inputs.get(i), real.get(i), added);
        kernels.call(scope, "add_moments", arguments).close();
      }
      this.sums = added.toDoubleArray();
      this.moments = kernels.call(manager, "to_fp32", Arguments.of(added));
    }
  }

  /** Elements of an input. */
  int size() {
    return size;
  }

  /**
   * The moments of the inputs with zeros between them.
   *
   * @param columns [size] where the elements stand, rising
   * @param width elements of an input with the zeros
   * @param tokens whose inputs were added
   * @param matrix name, for messages
   * @throws DataException if an input was not finite
   */
  Hessian hessian(int[] columns, int width, long tokens, String matrix) {
    double[][] wide = new double[width][width];
    for (int i = 0; i < size; i++) {
      double square = sums[i * size + i];
      if (!Double.isFinite(square)) {
        throw new DataException(
            "tensor '%s': element %d of its inputs on the calibration rows has the moment %s, expected finite numbers"
                .formatted(matrix, i, square));
      }
      for (int j = i; j < size; j++) {
        wide[columns[i]][columns[j]] = sums[i * size + j];
      }
    }
    return new Hessian(wide, tokens);
  }

  /**
   * Σ over the tokens of |Wx|²: what a matrix makes of the inputs, or what is wrong with that if it
   * holds differences of weights.
   *
   * @param weights [rows · size]
   */
  double outputEnergy(float[] weights) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray matrix = Torch.copyOf(scope, weights, new Shape(weights.length / size, size));
      return kernels.call(scope, "output_energy", Arguments.of(matrix, moments)).getDouble();
    }
  }

  @Override
  public void close() {
    kernels.close();
    manager.close();
  }
}
