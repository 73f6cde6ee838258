package org.pocketdistill.pipeline.quantize;

/** A matrix in memory, for tests. */
public record MatrixOfRows(String name, float[][] values) implements RowMatrix {
  @Override
  public int rows() {
    return values.length;
  }

  @Override
  public int columns() {
    return values[0].length;
  }

  @Override
  public void row(int row, float[] target) {
    System.arraycopy(values[row], 0, target, 0, target.length);
  }
}
