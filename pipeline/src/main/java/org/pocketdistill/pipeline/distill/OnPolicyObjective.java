package org.pocketdistill.pipeline.distill;

import java.io.IOException;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.train.Objective;
import org.pocketdistill.pipeline.train.StepClock;

/**
 * Distillation in which some micro-batches are the student's own answers. Those have no targets:
 * their loss is T² · divergence alone, and their cross entropy counts as 0.
 */
public final class OnPolicyObjective implements Objective {
  private final OnPolicySampling sampling;
  private final Objective given;
  private final Objective sampled;
  private double sum;

  /**
   * An objective for both kinds.
   *
   * @param given for batches of the training rows
   * @param sampled for those of the student, without cross entropy
   */
  public OnPolicyObjective(OnPolicySampling sampling, Objective given, Objective sampled) {
    this.sampling = sampling;
    this.given = given;
    this.sampled = sampled;
  }

  @Override
  public LossSums accumulate(Batch batch, long learnedTokens, StepClock clock) {
    boolean own = sampling.isSampled(batch);
    Objective objective = own ? sampled : given;
    LossSums sums = objective.accumulate(batch, learnedTokens, clock);
    sum += objective.loss(sums, 1);
    return own ? new LossSums(sums.divergence(), 0, sums.features()) : sums;
  }

  /** The loss of what was accumulated since the last call: its kinds are weighted differently. */
  @Override
  public double loss(LossSums sums, long learned) {
    double loss = sum / learned;
    sum = 0;
    return loss;
  }

  @Override
  public double measure(Batch batch) {
    return given.measure(batch);
  }

  @Override
  public void beforeCheckpoint() throws IOException {
    given.beforeCheckpoint();
  }
}
