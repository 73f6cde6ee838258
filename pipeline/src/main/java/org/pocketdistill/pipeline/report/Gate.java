package org.pocketdistill.pipeline.report;

import java.util.Optional;

/**
 * A condition that the result of a run has to meet.
 *
 * @param gate its key in the job file
 * @param value what was reached; empty if it was not measured, which misses the gate
 */
public record Gate(String gate, double limit, Optional<Double> value, boolean passed) {

  static Gate atLeast(String gate, double limit, Optional<Double> value) {
    return new Gate(gate, limit, value, value.isPresent() && value.get() >= limit);
  }

  static Gate atMost(String gate, double limit, Optional<Double> value) {
    return new Gate(gate, limit, value, value.isPresent() && value.get() <= limit);
  }
}
