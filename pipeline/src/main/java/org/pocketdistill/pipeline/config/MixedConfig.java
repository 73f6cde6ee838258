package org.pocketdistill.pipeline.config;

import java.util.List;
import java.util.Optional;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Rules;

/**
 * Which layers of an int4 file have 8 bits instead: those that lose most with 4, as many as a limit
 * of size allows, or as few as a limit of quality asks for.
 */
public record MixedConfig(
    @Key(
            value = "most megabytes (10^6 bytes) of the package, as distill plan foretells them",
            min = 0.001)
        Optional<Double> targetMb,
    @Key(
            value =
                "most KL divergence to fp32, nats per token, summed over the layers as if each were"
                    + " rounded alone",
            min = 0)
        Optional<Double> maxKl,
    @Key(
            value = "calibration tokens that a layer's divergence is measured on, about",
            defaultValue = "1024",
            min = 1)
        int tokens)
    implements Checked {
  @Override
  public List<Contradiction> contradictions() {
    return new Rules()
        .require(
            targetMb.isPresent() != maxKl.isPresent(),
            "expected one limit: target_mb or max_kl",
            "target_mb",
            "max_kl")
        .broken();
  }
}
