package org.pocketdistill.pipeline.config;

import java.util.Optional;
import org.pocketdistill.config.Key;

/** What the result must reach. */
public record GatesConfig(
    @Key(
            value = "least retention of the smallest exported file, first task's first metric",
            min = 0,
            max = 2)
        Optional<Double> minRetention,
    @Key(value = "largest size of that file's package in MB (10^6 bytes)", min = 0)
        Optional<Double> maxPackageMb,
    @Key(value = "largest peak memory of the whole run in MB (10^6 bytes)", min = 0)
        Optional<Double> maxPeakRssMb,
    @Key(
            value =
                "largest memory that this package may take on a phone, estimated: package, KV cache of export.context_length, arena and runtime, in MB (10^6 bytes)",
            min = 0)
        Optional<Double> maxPhoneMemoryMb) {}
