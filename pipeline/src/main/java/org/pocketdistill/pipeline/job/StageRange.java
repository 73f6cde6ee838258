package org.pocketdistill.pipeline.job;

import java.util.Optional;

/**
 * Part of a job.
 *
 * @param from this stage and those after it are redone even if they are finished
 * @param to last stage that runs
 */
public record StageRange(Optional<Stage> from, Stage to) {
  /** The whole job; finished stages are skipped. */
  public static final StageRange ALL = new StageRange(Optional.empty(), Stage.REPORT);

  boolean forces(Stage stage) {
    return from.isPresent() && stage.compareTo(from.get()) >= 0;
  }
}
