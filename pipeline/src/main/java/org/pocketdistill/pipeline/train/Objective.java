package org.pocketdistill.pipeline.train;

import java.io.IOException;
import org.pocketdistill.batch.Batch;

/** What is minimised: computes the loss of a micro-batch and adds its gradients. */
public interface Objective {
  /**
   * Forward and backward pass of one micro-batch.
   *
   * @param learnedTokens learned tokens of the whole optimiser step, which gradients are divided by
   */
  LossSums accumulate(Batch batch, long learnedTokens, StepClock clock);

  /** Sum of the cross entropy of a batch, without gradients. */
  double measure(Batch batch);

  /**
   * Makes lasting what it keeps on disk, since a training that goes on from the checkpoint that is
   * written next must find all that steps before it left.
   */
  default void beforeCheckpoint() throws IOException {}

  /** The loss that is minimised, from sums over {@code learned} tokens. */
  double loss(LossSums sums, long learned);

  /**
   * Sums over learned tokens, in nats.
   *
   * @param divergence from the teacher; 0 without one
   * @param features weighted losses on the teacher's inside; 0 without any
   */
  record LossSums(double divergence, double crossEntropy, double features) {
    /** Sums without losses on a teacher's inside. */
    public LossSums(double divergence, double crossEntropy) {
      this(divergence, crossEntropy, 0);
    }

    /** All sums added. */
    public LossSums plus(LossSums other) {
      return new LossSums(
          divergence + other.divergence,
          crossEntropy + other.crossEntropy,
          features + other.features);
    }
  }
}
