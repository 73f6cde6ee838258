package org.pocketdistill.pipeline.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.pocketdistill.pipeline.torch.Torch;

/**
 * Rotary tables [positions, head width] as native arrays, as long as was asked for so far: models
 * name contexts of up to a million positions, of which a run needs a few hundred.
 */
final class RotaryArrays {
  private static final int FIRST_POSITIONS = 1024;

  private final RotaryTables tables;
  private final NDManager owner;
  private final int half;
  private final int longest;
  private int positions;
  private NDArray cosines;
  private NDArray sines;

  RotaryArrays(ModelConfig config, NDManager owner) {
    this.tables = new RotaryTables(config);
    this.owner = owner;
    this.half = config.headDim() / 2;
    this.longest = config.maxPositionEmbeddings();
    make(Math.min(longest, FIRST_POSITIONS));
  }

  /** Makes the tables long enough for a position. */
  void reach(long position) {
    if (position >= longest) {
      throw new IllegalArgumentException(
          "position %d, but the model has max_position_embeddings %d".formatted(position, longest));
    }
    if (position >= positions) {
      cosines.close();
      sines.close();
      make((int) Math.min(longest, Math.max(position + 1, 2L * positions)));
    }
  }

  NDArray cosines() {
    return cosines;
  }

  NDArray sines() {
    return sines;
  }

  private void make(int count) {
    Shape shape = new Shape(count, 2L * half);
    cosines = Torch.copyOf(owner, RotaryTables.doubled(tables.halfCosines(count), half), shape);
    sines = Torch.copyOf(owner, RotaryTables.doubled(tables.halfSines(count), half), shape);
    positions = count;
  }
}
