package org.pocketdistill.pipeline.config;

import java.util.List;
import java.util.Optional;
import org.pocketdistill.config.Key;

/** What a phone gives to an app that runs a model. */
public record PhoneConfig(
    @Key("name, as people call the phone") String name,
    @Key(value = "memory that an app may take, in MB (10^6 bytes)", min = 1) double ramMb,
    @Key(value = "storage that a package may take, in MB (10^6 bytes)", min = 1) double storageMb,
    @Key(value = "peak bandwidth of the memory, in GB/s (10^9 bytes)", min = 0.1)
        double bandwidthGbS,
    @Key(
            value =
                "products and sums per second, in units of 10^9, that the CPU reaches on a prompt with 8-bit or 4-bit weights",
            min = 0.1)
        double int8Gops,
    @Key(value = "the same with fp32 weights", min = 0.1) double fp32Gflops,
    @Key("neural processor; default none") Optional<String> npu,
    @Key(value = "execution providers of ONNX Runtime on it, besides cpu", defaultValue = "[]")
        List<String> executionProviders) {

  public PhoneConfig {
    executionProviders = List.copyOf(executionProviders);
  }
}
