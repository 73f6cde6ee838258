package org.pocketdistill.pipeline.job;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** A stage of a job, in the order of the line. */
public enum Stage {
  DATA,
  TEACHER,
  STUDENT,
  DISTILL,
  CONTROL,
  LORA,
  EXPORT,
  EVALUATE,
  REPORT;

  /** Name on the command line and in messages, for example {@code distill}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Name of its folder in a run, for example {@code 04-distill}. */
  public String folder() {
    return String.format(Locale.ROOT, "%02d-%s", keys().indexOf(key()) + 1, key());
  }

  /** All names in order. */
  public static List<String> keys() {
    return Arrays.stream(values()).map(Stage::key).toList();
  }
}
