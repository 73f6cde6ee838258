package org.pocketdistill.pipeline.config;

import java.util.List;
import java.util.Optional;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Rules;

/**
 * Distillation: kd_ratio · T² · divergence + (1 − kd_ratio) · cross entropy + weighted losses on
 * what is inside the teacher.
 */
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
    @Key("hidden states of the teacher that the student learns as well")
        Optional<HiddenStatesConfig> hiddenStates,
    @Key("attention relations of the teacher that the student learns as well")
        Optional<RelationsConfig> relations,
    @Key("answers that the teacher writes to the questions of the training rows, to learn from")
        Optional<GeneratedConfig> generated,
    @Key("answers of the student on which it learns the teacher's distributions")
        Optional<OnPolicyConfig> onPolicy,
    @Key(value = "also train a student on cross entropy alone, to compare", defaultValue = "true")
        boolean control,
    @Key("keep what the teacher says on disk, so that it runs once and not in every epoch")
        Optional<CacheConfig> cache,
    @Key("training of the student") TrainConfig train)
    implements Checked {

  private static final double DEFAULT_JSD_BETA = 0.5;
  private static final double DEFAULT_SKEW_ALPHA = 0.1;

  @Override
  public List<Contradiction> contradictions() {
    boolean skewed =
        divergence == Divergence.SKEWED_FORWARD_KL || divergence == Divergence.SKEWED_REVERSE_KL;
    return new Rules()
        .require(
            divergence == Divergence.JSD || jsdBeta == DEFAULT_JSD_BETA,
            "jsd_beta belongs to divergence jsd",
            "jsd_beta",
            "divergence")
        .require(
            skewed || skewAlpha == DEFAULT_SKEW_ALPHA,
            "skew_alpha belongs to divergence skewed_forward_kl or skewed_reverse_kl",
            "skew_alpha",
            "divergence")
        .require(
            kdRatio > 0 || !control,
            "kd_ratio 0 is cross entropy alone, the control itself; set control to false",
            "kd_ratio",
            "control")
        .require(
            onPolicy.isEmpty() || cache.isEmpty(),
            "on_policy asks the teacher about answers that change with the student; a cache cannot"
                + " hold them; remove one of the two",
            "on_policy",
            "cache")
        .require(
            generated.isEmpty() || cache.isEmpty(),
            "a cache is of the training rows, which 'generated' changes; remove one of the two",
            "generated",
            "cache")
        .require(
            kdRatio > 0 || cache.isEmpty(),
            "kd_ratio 0 asks no teacher, and a cache would stay empty; remove the cache",
            "kd_ratio",
            "cache")
        .require(
            cache.isEmpty() || (hiddenStates.isEmpty() && relations.isEmpty()),
            "a cache keeps what the teacher says, not what is inside it; remove the cache, or"
                + " hidden_states and relations",
            "cache",
            "hidden_states",
            "relations")
        .broken();
  }

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
