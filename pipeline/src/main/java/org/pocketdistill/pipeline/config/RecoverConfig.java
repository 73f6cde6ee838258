package org.pocketdistill.pipeline.config;

import org.pocketdistill.config.Key;

/**
 * Training of an int4 file's weights with their rounding in the forward pass, on what the same
 * model says before it is rounded: kd_ratio · T² · KL + (1 − kd_ratio) · cross entropy.
 */
public record RecoverConfig(
    @Key(
            value = "share of the KL divergence to the model before; the rest is cross entropy",
            defaultValue = "1",
            min = 0,
            max = 1)
        double kdRatio,
    @Key(value = "temperature T of both distributions", defaultValue = "1", min = 0.05, max = 100)
        double temperature,
    @Key("training of the weights, on the training rows") TrainConfig train) {}
