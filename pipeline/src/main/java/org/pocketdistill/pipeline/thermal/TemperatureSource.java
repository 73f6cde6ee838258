package org.pocketdistill.pipeline.thermal;

import java.util.OptionalDouble;

/** Where temperatures come from: the system, or whatever an app is told by its own. */
@FunctionalInterface
public interface TemperatureSource {
  /** °C now; empty where nothing tells. */
  OptionalDouble celsius();
}
