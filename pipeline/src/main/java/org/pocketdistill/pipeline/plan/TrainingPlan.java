package org.pocketdistill.pipeline.plan;

import org.pocketdistill.pipeline.config.DataConfig;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.distill.StepCost;

/**
 * Size of a training.
 *
 * @param steps optimiser steps
 * @param tokens of a step, padding included
 * @param learned tokens of a step that are learned
 * @param devTokens measured each time that the dev loss is
 */
record TrainingPlan(long steps, double tokens, double learned, double devTokens) {
  /** Share of a packed batch that is no padding; 0.946 to 0.963 in the jobs of configs/. */
  private static final double FILL_RATE = 0.95;

  /** The same without packing: rows of similar length share a micro-batch. */
  private static final double FILL_RATE_UNPACKED = 0.85;

  /** During a training, and once at its end. */
  private static final int DEV_MEASUREMENTS = 11;

  static TrainingPlan of(TrainConfig train, DataConfig data, DataSize rows, DataSize dev) {
    double fill = data.packing() ? FILL_RATE : FILL_RATE_UNPACKED;
    double length = data.packing() ? data.maxSeqLen() : rows.tokensPerRow() / fill;
    double tokens = train.batchSize() * length;
    double microBatches = Math.ceil(rows.tokens() / fill / tokens);
    int accumulation = train.gradientAccumulationSteps();
    long steps =
        train
            .maxSteps()
            .map(Integer::longValue)
            .orElseGet(
                () -> (long) Math.ceil(train.numTrainEpochs() * microBatches / accumulation));
    double learnedShare = rows.tokens() == 0 ? 0 : fill * rows.learned() / rows.tokens();
    tokens *= accumulation;
    return new TrainingPlan(Math.max(1, steps), tokens, tokens * learnedShare, dev.tokens());
  }

  /** Seconds of the steps. */
  double seconds(StepCost cost) {
    double perStep =
        tokens * (cost.forward() + cost.backward()) + learned * cost.loss() + cost.optimizer();
    return steps * perStep;
  }

  /** Seconds of measuring the dev loss now and then; a loss without gradients is a third of it. */
  double devSeconds(StepCost cost) {
    double learnedShare = tokens == 0 ? 0 : learned / tokens;
    return DEV_MEASUREMENTS * devTokens * (cost.forward() + learnedShare * cost.loss() / 3);
  }

  double tokensPerSecond(StepCost cost) {
    return steps * tokens / seconds(cost);
  }
}
