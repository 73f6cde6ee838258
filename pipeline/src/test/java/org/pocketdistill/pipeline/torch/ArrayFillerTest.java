package org.pocketdistill.pipeline.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArrayFillerTest {
  /** Not a multiple of the block, and more than two of them. */
  private static final int ROWS = 4_999_999;

  @Test
  void fillsBlockAfterBlock() {
    try (NDManager manager = Torch.newManager();
        ArrayFiller filler = new ArrayFiller()) {
      NDArray array = filler.create(manager, new Shape(ROWS), ArrayFillerTest::count);

      assertThat(array.getShape()).isEqualTo(new Shape(ROWS));
      float[] values = array.toFloatArray();
      for (int i = 0; i < ROWS; i++) {
        if (values[i] != i) {
          assertThat(values[i]).as("element %d", i).isEqualTo(i);
        }
      }
      assertThat(manager.getManagedArrays()).hasSize(1);
    }
  }

  @Test
  void fillsAnyShape() {
    try (NDManager manager = Torch.newManager();
        ArrayFiller filler = new ArrayFiller()) {
      NDArray matrix = filler.create(manager, new Shape(2, 3), ArrayFillerTest::count);
      NDArray none = filler.create(manager, new Shape(0, 3), ArrayFillerTest::count);
      filler.fill(matrix, (first, target) -> count(first + 10, target));

      assertThat(matrix.getShape()).isEqualTo(new Shape(2, 3));
      assertThat(matrix.toFloatArray()).containsExactly(10, 11, 12, 13, 14, 15);
      assertThat(none.toFloatArray()).isEmpty();
    }
  }

  @Test
  void asksForWholeRows() {
    int columns = 700_001;
    List<Long> asked = new ArrayList<>();
    try (NDManager manager = Torch.newManager();
        ArrayFiller filler = new ArrayFiller()) {
      NDArray matrix =
          filler.create(
              manager,
              new Shape(5, columns),
              (first, target) -> {
                asked.add(first);
                count(first, target);
              });

      assertThat(asked).containsExactly(0L, 2L * columns, 4L * columns);
      assertThat(matrix.getFloat(4, columns - 1)).isEqualTo(5 * columns - 1);
    }
  }

  @Test
  void keepsNothingOfTheBlockBetweenArrays() {
    try (NDManager manager = Torch.newManager();
        ArrayFiller filler = new ArrayFiller()) {
      NDArray first = filler.create(manager, new Shape(4), ArrayFillerTest::count);
      filler.create(manager, new Shape(4), (from, target) -> count(from + 100, target));

      assertThat(first.toFloatArray()).containsExactly(0, 1, 2, 3);
    }
  }

  @Test
  void passesErrorsOfTheSourceOn() {
    try (NDManager manager = Torch.newManager();
        ArrayFiller filler = new ArrayFiller()) {
      assertThatThrownBy(
              () ->
                  filler.create(
                      manager,
                      new Shape(4),
                      (first, target) -> {
                        throw new IllegalStateException("no data");
                      }))
          .hasMessage("no data");
    }
  }

  private static void count(long first, ByteBuffer target) {
    for (int i = 0; target.hasRemaining(); i++) {
      target.putFloat((float) (first + i));
    }
  }
}
