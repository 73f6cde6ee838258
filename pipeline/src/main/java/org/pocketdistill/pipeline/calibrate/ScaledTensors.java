package org.pocketdistill.pipeline.calibrate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.pocketdistill.pipeline.model.TensorSource;

/**
 * Tensors of which some have rows and columns multiplied by factors.
 *
 * @param factors by name; others are as they are
 */
record ScaledTensors(TensorSource tensors, Map<String, Factors> factors) implements TensorSource {
  /**
   * What a tensor is multiplied with.
   *
   * @param rows one factor each, or none where rows stay
   * @param columns one factor each, or none where columns stay
   */
  record Factors(double[] rows, double[] columns) {
    static final Factors NONE = new Factors(new double[0], new double[0]);

    Factors withRows(double[] other) {
      return new Factors(other, columns);
    }

    Factors withColumns(double[] other) {
      return new Factors(rows, other);
    }

    /** Multiplies the columns of a matrix [rows of any number × columns]. */
    void applyToColumns(float[] matrix) {
      for (int i = 0; i < matrix.length && columns.length > 0; i++) {
        matrix[i] = (float) (matrix[i] * columns[i % columns.length]);
      }
    }

    /** Multiplies the rows of a matrix [rows × columns of any number]. */
    void applyToRows(float[] matrix) {
      for (int i = 0; i < matrix.length && rows.length > 0; i++) {
        matrix[i] = (float) (matrix[i] * rows[i / (matrix.length / rows.length)]);
      }
    }

    /** Multiplies the elements of a row. */
    void apply(int row, float[] values) {
      double whole = rows.length == 0 ? 1 : rows[row];
      for (int column = 0; column < values.length; column++) {
        double own = columns.length == 0 ? 1 : columns[column];
        values[column] = (float) (values[column] * whole * own);
      }
    }
  }

  @Override
  public Path path() {
    return tensors.path();
  }

  @Override
  public List<String> names() {
    return tensors.names();
  }

  @Override
  public List<Long> shape(String name) {
    return tensors.shape(name);
  }

  @Override
  public Rows rows(String name) {
    Rows rows = tensors.rows(name);
    return factors.containsKey(name) ? new ScaledRows(rows, factors.get(name)) : rows;
  }

  private record ScaledRows(Rows rows, Factors factors) implements Rows {
    @Override
    public void read(int row, float[] target) {
      rows.read(row, target);
      factors.apply(row, target);
    }

    @Override
    public Rows copy() {
      return new ScaledRows(rows.copy(), factors);
    }
  }

  @Override
  public void close() throws IOException {
    tensors.close();
  }
}
