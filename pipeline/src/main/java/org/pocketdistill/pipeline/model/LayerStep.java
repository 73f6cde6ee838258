package org.pocketdistill.pipeline.model;

import java.util.Arrays;
import java.util.List;

/** Projections of a layer that have the same inputs, in the order in which they are computed. */
public enum LayerStep {
  QKV,
  OUTPUT,
  GATE_UP,
  DOWN;

  /** The step of a projection. */
  public static LayerStep of(Projection projection) {
    return switch (projection) {
      case Q_PROJ, K_PROJ, V_PROJ -> QKV;
      case O_PROJ -> OUTPUT;
      case GATE_PROJ, UP_PROJ -> GATE_UP;
      case DOWN_PROJ -> DOWN;
    };
  }

  /** The projections. */
  public List<Projection> projections() {
    return Arrays.stream(Projection.values()).filter(any -> of(any) == this).toList();
  }
}
