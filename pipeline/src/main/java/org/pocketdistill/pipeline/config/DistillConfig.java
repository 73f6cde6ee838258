package org.pocketdistill.pipeline.config;

import org.pocketdistill.config.Key;

/** Distillation: kd_ratio · T² · divergence + (1 − kd_ratio) · cross entropy. */
public record DistillConfig(
    @Key(value = "distance between teacher and student", defaultValue = "forward_kl")
        Divergence divergence,
    @Key(value = "temperature T of both distributions", defaultValue = "1", min = 0.05, max = 100)
        double temperature,
    @Key(
            value = "share of the divergence in the loss; the rest is cross entropy",
            defaultValue = "0.9",
            min = 0,
            max = 1)
        double kdRatio,
    @Key(
            value = "teacher's share of the mixture in generalised JSD",
            defaultValue = "0.5",
            min = 0,
            max = 1)
        double jsdBeta,
    @Key(
            value = "skew of skewed_forward_kl and skewed_reverse_kl",
            defaultValue = "0.1",
            min = 0,
            max = 1)
        double skewAlpha,
    @Key(value = "also train a student on cross entropy alone, to compare", defaultValue = "true")
        boolean control,
    @Key("training of the student") TrainConfig train) {
  /** Distance between the teacher's and the student's next-token distributions. */
  public enum Divergence {
    FORWARD_KL,
    REVERSE_KL,
    JSD,
    SKEWED_FORWARD_KL,
    SKEWED_REVERSE_KL,
    TVD
  }
}
