package org.pocketdistill.pipeline.onnx;

import java.util.Arrays;
import java.util.List;
import org.pocketdistill.pipeline.quantize.RowMatrix;

/** A matrix of a decoder, or several as one. */
interface WeightMatrix extends RowMatrix {
  /** Matrices of the same width, one below the other. */
  static WeightMatrix stacked(String name, List<WeightMatrix> parts) {
    int rows = parts.stream().mapToInt(WeightMatrix::rows).sum();
    return new View(
        name,
        rows,
        parts.get(0).columns(),
        (row, target) -> {
          int rest = row;
          int part = 0;
          while (rest >= parts.get(part).rows()) {
            rest -= parts.get(part).rows();
            part++;
          }
          parts.get(part).row(rest, target);
        });
  }

  /** Outputs of a matrix are heads: each widened by rows of zeros. */
  static WeightMatrix withPaddedOutputs(WeightMatrix matrix, HeadLayout heads) {
    int[] sourceRow = new int[matrix.rows() / heads.size() * heads.paddedSize()];
    Arrays.fill(sourceRow, -1);
    for (int row = 0; row < matrix.rows(); row++) {
      sourceRow[heads.positionInHeads(row)] = row;
    }
    return new View(
        matrix.name(),
        sourceRow.length,
        matrix.columns(),
        (row, target) -> {
          if (sourceRow[row] < 0) {
            Arrays.fill(target, 0);
          } else {
            matrix.row(sourceRow[row], target);
          }
        });
  }

  /** Inputs of a matrix are heads: each widened by columns of zeros. */
  static WeightMatrix withPaddedInputs(WeightMatrix matrix, HeadLayout heads) {
    float[] narrow = new float[matrix.columns()];
    return new View(
        matrix.name(),
        matrix.rows(),
        matrix.columns() / heads.size() * heads.paddedSize(),
        (row, target) -> {
          matrix.row(row, narrow);
          System.arraycopy(heads.pad(narrow), 0, target, 0, target.length);
        });
  }

  /** Fills an array with one row. */
  @FunctionalInterface
  interface RowReader {
    void read(int row, float[] target);
  }

  /** A matrix given by a function. */
  record View(String name, int rows, int columns, RowReader reader) implements WeightMatrix {
    @Override
    public void row(int row, float[] target) {
      reader.read(row, target);
    }
  }
}
