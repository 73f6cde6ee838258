package org.pocketdistill.pipeline.calibrate;

import org.pocketdistill.pipeline.model.LayerStep;

/**
 * An activation that matrices are multiplied with.
 *
 * @param layer its layer; of the head's the number of layers
 * @param place in the layer
 */
public record LinearInput(int layer, Place place) {
  /** Where an activation goes. */
  public enum Place {
    /** The first norm's output, into q, k and v: [hidden]. */
    QKV,
    /** Attention's output, into the output projection: [heads · head_dim]. */
    OUTPUT,
    /** The second norm's output, into gate and up: [hidden]. */
    GATE_UP,
    /** silu(gate) · up, into down: [intermediate]. */
    DOWN,
    /** The final norm's output: [hidden]. */
    HEAD;

    /** That of a step's projections. */
    static Place of(LayerStep step) {
      return switch (step) {
        case QKV -> QKV;
        case OUTPUT -> OUTPUT;
        case GATE_UP -> GATE_UP;
        case DOWN -> DOWN;
      };
    }
  }
}
