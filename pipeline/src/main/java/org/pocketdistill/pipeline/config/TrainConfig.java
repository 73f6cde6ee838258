package org.pocketdistill.pipeline.config;

import java.util.List;
import java.util.Optional;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Rules;

/** Schedule and optimiser of one training; key names are those of transformers. */
public record TrainConfig(
    @Key(
            value = "passes over the data; ignored where max_steps is set",
            defaultValue = "1",
            min = 0)
        double numTrainEpochs,
    @Key(value = "optimiser steps", min = 1) Optional<Integer> maxSteps,
    @Key(value = "rows per micro-batch", defaultValue = "16", min = 1) int batchSize,
    @Key(value = "micro-batches per optimiser step", defaultValue = "1", min = 1)
        int gradientAccumulationSteps,
    @Key(
            value = "update rule; muon: of the layers' matrices, and adamw of the rest",
            defaultValue = "adamw")
        OptimizerName optimizer,
    @Key(value = "peak learning rate", min = 0) double learningRate,
    @Key(value = "shape of the schedule", defaultValue = "cosine") Scheduler lrSchedulerType,
    @Key(value = "steps of linear warm-up", defaultValue = "0", min = 0) int warmupSteps,
    @Key(
            value = "lowest learning rate as a share of the peak (cosine and warmup_stable_decay)",
            defaultValue = "0",
            min = 0,
            max = 1)
        double minLrRatio,
    @Key(
            value = "share of all steps that decay (warmup_stable_decay)",
            defaultValue = "0.2",
            min = 0,
            max = 1)
        double decayRatio,
    @Key(value = "decoupled weight decay of matrices", defaultValue = "0.0", min = 0)
        double weightDecay,
    @Key(value = "decay of the first moment", defaultValue = "0.9", min = 0, max = 0.99999)
        double adamBeta1,
    @Key(value = "decay of the second moment", defaultValue = "0.999", min = 0, max = 0.99999)
        double adamBeta2,
    @Key(value = "added to the root of the second moment", defaultValue = "1e-8", min = 0)
        double adamEpsilon,
    @Key(
            value = "clip gradients to this global L2 norm; 0 for no clipping",
            defaultValue = "1",
            min = 0)
        double maxGradNorm,
    @Key(value = "steps between lines of progress", defaultValue = "20", min = 1) int loggingSteps,
    @Key(value = "steps between checkpoints", defaultValue = "100", min = 1) int saveSteps,
    @Key(value = "precision of matrix products", defaultValue = "auto") Precision precision)
    implements Checked {

  private static final double DEFAULT_EPOCHS = 1;
  private static final double DEFAULT_DECAY_RATIO = 0.2;

  @Override
  public List<Contradiction> contradictions() {
    boolean stable = lrSchedulerType == Scheduler.WARMUP_STABLE_DECAY;
    boolean hasFloor = stable || lrSchedulerType == Scheduler.COSINE;
    int steps = maxSteps.orElse(Integer.MAX_VALUE);
    return new Rules()
        .require(
            maxSteps.isEmpty() || numTrainEpochs == DEFAULT_EPOCHS,
            "num_train_epochs and max_steps exclude each other; give one",
            "num_train_epochs",
            "max_steps")
        .require(
            warmupSteps <= steps,
            "a warm-up of " + warmupSteps + " steps is longer than max_steps " + steps,
            "warmup_steps",
            "max_steps")
        .require(
            hasFloor || minLrRatio == 0,
            "min_lr_ratio belongs to lr_scheduler_type cosine or warmup_stable_decay",
            "min_lr_ratio",
            "lr_scheduler_type")
        .require(
            stable || decayRatio == DEFAULT_DECAY_RATIO,
            "decay_ratio belongs to lr_scheduler_type warmup_stable_decay",
            "decay_ratio",
            "lr_scheduler_type")
        .require(
            !stable
                || maxSteps.isEmpty()
                || warmupSteps > steps
                || warmupSteps + decayRatio * steps <= steps,
            "warm-up and decay together are longer than max_steps",
            "decay_ratio",
            "warmup_steps",
            "max_steps",
            "lr_scheduler_type")
        .broken();
  }

  /** Update rule. */
  public enum OptimizerName {
    ADAMW,
    MUON
  }

  /** Shape of the learning-rate schedule. */
  public enum Scheduler {
    CONSTANT,
    LINEAR,
    COSINE,
    WARMUP_STABLE_DECAY
  }

  /** Precision of matrix products; {@code AUTO} measures both at start and takes the faster. */
  public enum Precision {
    AUTO,
    FP32,
    BF16
  }
}
