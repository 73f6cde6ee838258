package org.pocketdistill.pipeline.train;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Where the time of training steps goes. */
public final class StepClock {
  private final Map<Phase, Long> nanos = new EnumMap<>(Phase.class);
  private long lap = System.nanoTime();

  /** Starts measuring; what came before belongs to no phase. */
  public void start() {
    lap = System.nanoTime();
  }

  /** Adds the time since the last call to a phase. */
  public void lap(Phase phase) {
    long now = System.nanoTime();
    nanos.merge(phase, now - lap, Long::sum);
    lap = now;
  }

  /** Share of each phase in all measured time, by lower-case name. */
  public Map<String, Double> shares() {
    double total = Math.max(1, nanos.values().stream().mapToLong(Long::longValue).sum());
    Map<String, Double> shares = new LinkedHashMap<>();
    for (Phase phase : Phase.values()) {
      String name = phase.name().toLowerCase(Locale.ROOT);
      shares.put(name, nanos.getOrDefault(phase, 0L) / total);
    }
    return shares;
  }

  /** A part of a step. */
  public enum Phase {
    DATA,
    TEACHER,
    FORWARD,
    LOSS,
    BACKWARD,
    OPTIMIZER
  }
}
