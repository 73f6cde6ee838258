package org.pocketdistill.data.assistant;

import java.util.Locale;
import java.util.SplittableRandom;

/** The parts of the generated data. */
enum Split {
  TRAIN,
  DEV,
  TEST,
  /** Phrasings and open slots' values that no other split has. */
  HARD;

  private static final double DEV_SHARE = 0.1;
  private static final double TEST_SHARE = 0.15;

  /**
   * The split, other than hard, that owns a command's combination of values under this seed. An
   * elementary command is trained on, so that dev and test meet its value in new company and not
   * for the first time.
   */
  static Split owner(Command command, long seed) {
    if (command.elementary()) {
      return TRAIN;
    }
    // String.hashCode is specified, so the same on every JVM
    long key = seed * 0x9E3779B97F4A7C15L + command.combination().hashCode();
    double position = new SplittableRandom(key).nextDouble();
    if (position < DEV_SHARE) {
      return DEV;
    }
    return position < DEV_SHARE + TEST_SHARE ? TEST : TRAIN;
  }

  String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
