package org.pocketdistill.pipeline.quantize;

import org.pocketdistill.data.DataException;

/** A matrix [rows = outputs, columns = inputs] that is read row by row, never held as a whole. */
public interface RowMatrix {
  /** Name of the tensor, for messages. */
  String name();

  /** Outputs. */
  int rows();

  /** Inputs. */
  int columns();

  /** Fills {@code target} [columns] with a row. */
  void row(int row, float[] target);

  /**
   * Fills {@code target} [columns] with a row, all of whose elements must be finite.
   *
   * @throws DataException naming the tensor and the row otherwise
   */
  default void finiteRow(int row, float[] target) {
    row(row, target);
    for (float value : target) {
      if (!Float.isFinite(value)) {
        throw new DataException(
            "tensor '%s': row %d holds %s, expected finite numbers".formatted(name(), row, value));
      }
    }
  }
}
