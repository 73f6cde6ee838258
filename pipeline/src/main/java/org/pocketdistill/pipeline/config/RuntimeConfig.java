package org.pocketdistill.pipeline.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Rules;

/** How a device is to run a package: what {@code runtime.json} tells the app and our commands. */
public record RuntimeConfig(
    @Key(value = "threads and memory of ONNX Runtime's session", defaultValue = "{}")
        SessionConfig session,
    @Key(
            value =
                "most tokens of prompt and answer together whose keys and values are kept; default:"
                    + " context_length of the package",
            min = 16)
        Optional<Integer> kvCacheLength,
    @Key(
            value =
                "execution providers before the CPU's, the first choice first; one that a build of"
                    + " ONNX Runtime does not have is left out",
            defaultValue = "[]")
        List<ExecutionProviderConfig> executionProviders,
    @Key(value = "how fast tokens may come by temperature", defaultValue = "{}")
        ThermalConfig thermal,
    @Key(value = "how many sequences and tokens go into one run", defaultValue = "{}")
        BatchConfig batch)
    implements Checked {
  /** What holds where nothing is said. */
  public static final RuntimeConfig DEFAULT =
      ConfigReader.parse("{}", Path.of("runtime"), RuntimeConfig.class, List.of());

  public RuntimeConfig {
    executionProviders = List.copyOf(executionProviders);
  }

  @Override
  public List<Contradiction> contradictions() {
    return new Rules()
        .requireDistinct(
            executionProviders.stream().map(ExecutionProviderConfig::name).toList(),
            "execution_providers")
        .broken();
  }

  /** Longest sequence of a package whose graph takes so many tokens. */
  public int sequenceLength(int contextLength) {
    return Math.min(contextLength, kvCacheLength.orElse(contextLength));
  }

  /** Threads and memory of a session; the keys are those of {@code genai_config.json}. */
  public record SessionConfig(
      @Key(
              value =
                  "threads that compute an operator; default: OMP_NUM_THREADS, or one for each"
                      + " processor",
              min = 1,
              max = 1024)
          Optional<Integer> intraOpNumThreads,
      @Key(
              value = "operators that are computed at once; 1: one after the other",
              defaultValue = "1",
              min = 1,
              max = 1024)
          int interOpNumThreads,
      @Key(
              value =
                  "whether a waiting thread keeps its processor busy, for speed, or sleeps, for the"
                      + " battery",
              defaultValue = "true")
          boolean allowSpinning,
      @Key(
              value = "whether memory between operators is kept for the next run",
              defaultValue = "true")
          boolean enableCpuMemArena,
      @Key(
              value = "whether it is laid out ahead where shapes are as in an earlier run",
              defaultValue = "true")
          boolean enableMemPattern) {}

  /** How much is computed in one run. */
  public record BatchConfig(
      @Key(
              value =
                  "most sequences that are continued at once; default: as many as are asked for",
              min = 1)
          Optional<Integer> maxBatchSize,
      @Key(
              value =
                  "most tokens of a prompt that are read in one run, which bounds the memory of their"
                      + " logits; default: as many as 64 MiB of logits hold",
              min = 1)
          Optional<Integer> promptChunkTokens) {}
}
