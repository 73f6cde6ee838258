package org.pocketdistill.pipeline.train;

import org.pocketdistill.pipeline.config.TrainConfig;

/**
 * Learning rate by optimiser step, as transformers' {@code get_scheduler} computes it: warm-up from
 * 0 (the first step of a warm-up has rate 0), then the schedule's shape.
 */
public final class LearningRateSchedule {
  private final TrainConfig config;
  private final long totalSteps;

  /** A schedule over a number of optimiser steps. */
  public LearningRateSchedule(TrainConfig config, long totalSteps) {
    this.config = config;
    this.totalSteps = totalSteps;
  }

  /** Rate of optimiser step {@code step}, counted from 0. */
  public double rate(long step) {
    return config.learningRate() * factor(step);
  }

  private double factor(long step) {
    double least = config.minLrRatio();
    double warmup = config.warmupSteps();
    return switch (config.lrSchedulerType()) {
      case CONSTANT -> step < warmup ? step / warmup : 1;
      case LINEAR -> step < warmup ? step / warmup : Math.max(0, 1 - progress(step, warmup));
      case COSINE -> step < warmup ? step / warmup : raise(cosine(progress(step, warmup)), least);
      case WARMUP_STABLE_DECAY -> stableDecay(step, warmup, least);
    };
  }

  private double stableDecay(long step, double warmup, double least) {
    double decaySteps = Math.round(config.decayRatio() * totalSteps);
    double decayStart = totalSteps - decaySteps;
    if (step < warmup) {
      return raise(step / warmup, least);
    }
    return step < decayStart ? 1 : raise(cosine((step - decayStart) / decaySteps), least);
  }

  private double progress(long step, double from) {
    return Math.min(1, (step - from) / Math.max(1, totalSteps - from));
  }

  private static double cosine(double progress) {
    return 0.5 * (1 + Math.cos(Math.PI * Math.min(1, progress)));
  }

  private static double raise(double factor, double least) {
    return (1 - least) * factor + least;
  }
}
