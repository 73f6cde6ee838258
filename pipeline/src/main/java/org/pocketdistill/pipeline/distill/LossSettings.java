package org.pocketdistill.pipeline.distill;

import org.pocketdistill.pipeline.config.DistillConfig;
import org.pocketdistill.pipeline.config.DistillConfig.Divergence;

/**
 * Weights and parameters of a distillation loss:
 *
 * <pre>L = kdRatio · T² · divergence(p_T, q_T) + (1 − kdRatio) · cross_entropy</pre>
 *
 * with p_T = softmax(teacher logits / T) and q_T = softmax(student logits / T). The factor T² keeps
 * the balance of the two terms when T changes (Hinton et al., arXiv 1503.02531).
 *
 * @param jsdBeta the teacher's share of the mixture in generalised JSD
 * @param skewAlpha the skew of the skewed divergences (DistiLLM, arXiv 2402.03898)
 */
public record LossSettings(
    Divergence divergence, double temperature, double kdRatio, double jsdBeta, double skewAlpha) {
  /** Cross entropy alone. */
  public static final LossSettings CROSS_ENTROPY =
      new LossSettings(Divergence.FORWARD_KL, 1, 0, 0.5, 0.1);

  /** Settings of a job. */
  public static LossSettings of(DistillConfig config) {
    return new LossSettings(
        config.divergence(),
        config.temperature(),
        config.kdRatio(),
        config.jsdBeta(),
        config.skewAlpha());
  }

  /** The divergence alone. */
  LossSettings withoutCrossEntropy() {
    return new LossSettings(divergence, temperature, 1, jsdBeta, skewAlpha);
  }

  double[] kernelSettings(long learnedTokens) {
    return new double[] {
      temperature,
      kdRatio * temperature * temperature,
      1 - kdRatio,
      jsdBeta,
      skewAlpha,
      1.0 / learnedTokens
    };
  }
}
