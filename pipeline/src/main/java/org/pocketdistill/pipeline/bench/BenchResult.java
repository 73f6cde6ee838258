package org.pocketdistill.pipeline.bench;

import java.util.List;
import java.util.Optional;
import org.pocketdistill.config.ConfigWriter;
import org.pocketdistill.config.Key;

/**
 * What a run found: {@code distill bench --output}. {@code configs/schema/bench-result.schema.json}
 * describes the file.
 */
public record BenchResult(
    @Key(value = "version of the format", min = 1, max = 1) int schemaVersion,
    @Key("start of the run, ISO 8601 in UTC") String startedAt,
    @Key("what was measured") Model model,
    @Key("where") Machine machine,
    @Key("what ONNX Runtime was told; missing where libtorch computed") Optional<Session> session,
    @Key("how the run was made") BenchConfig settings,
    @Key("seconds until the model could be asked") double loadS,
    @Key("seconds from the first query to the end of the last") double durationS,
    @Key("sums over all queries") Totals totals,
    @Key("time to the first token") Distribution ttft,
    @Key("time per output token after the first") Distribution tpot,
    @Key("time of a whole query") Distribution latency,
    @Key("whether the run counts by MLPerf's rules") Validity validity,
    @Key("memory") Memory memory,
    @Key("energy; missing where the system does not tell") Optional<Energy> energy,
    @Key("what was held back; missing where no sensor tells a temperature")
        Optional<Thermal> thermal,
    @Key("rates over the run, where min_duration_s asks for it") Optional<Sustained> sustained,
    @Key("what the plan foretells, where it was asked for") Optional<Estimate> estimate,
    @Key("each query, in order") List<Sample> samples) {
  /** Version of the format. */
  static final int VERSION = 1;

  public BenchResult {
    samples = List.copyOf(samples);
  }

  /** The text of the file. */
  public String toJson() {
    return ConfigWriter.toJson(this);
  }

  /** The same with an estimate beside it. */
  public BenchResult with(Estimate foretold) {
    return new BenchResult(
        schemaVersion,
        startedAt,
        model,
        machine,
        session,
        settings,
        loadS,
        durationS,
        totals,
        ttft,
        tpot,
        latency,
        validity,
        memory,
        energy,
        thermal,
        sustained,
        Optional.of(foretold),
        samples);
  }

  /** What was measured. */
  public record Model(
      @Key("folder or file") String path,
      @Key("name and version of what computes") String runtime,
      @Key("number of weights") long parameters,
      @Key("bytes of its files") long bytes,
      @Key("longest sequence") int contextLength) {}

  /** Where it was measured. */
  public record Machine(
      @Key("operating system") String os,
      @Key("kind of processor") String arch,
      @Key("processors that the program may use") int processors) {}

  /** What ONNX Runtime was told, from {@code runtime.json}. */
  public record Session(
      @Key("threads that compute an operator") int intraOpNumThreads,
      @Key("operators that are computed at once") int interOpNumThreads,
      @Key("whether waiting threads keep their processor busy") boolean allowSpinning,
      @Key("whether memory between operators is kept") boolean enableCpuMemArena,
      @Key("whether it is laid out ahead") boolean enableMemPattern,
      @Key("execution providers before the CPU's") List<String> executionProviders,
      @Key("those that this build of ONNX Runtime does not have") List<String> missingProviders) {}

  /** Sums over all queries. */
  public record Totals(
      @Key("measured queries") int queries,
      @Key("tokens of their prompts") long promptTokens,
      @Key("tokens that they generated") long outputTokens,
      @Key("tokens of the prompts per second of the time to the first token")
          double promptTokensPerS,
      @Key("tokens after the first per second of the time after it") double decodeTokensPerS) {}

  /** Whether the run counts. */
  public record Validity(
      @Key("all of the following") boolean isValid,
      @Key("min_duration_s was reached") boolean isMinDurationMet,
      @Key("min_query_count was reached") boolean isMinQueryCountMet,
      @Key("required_queries was reached") boolean isEarlyStoppingMet,
      @Key("queries with which the target percentile can be bounded with a confidence of 99 %")
          int requiredQueries) {}

  /** Memory. */
  public record Memory(
      @Key("largest resident memory of the process, bytes, the Java machine included; 0: not told")
          long peakRssBytes,
      @Key("resident memory before the model was loaded, bytes; 0: not told")
          long rssBeforeLoadBytes) {
    /** What the model added. */
    public long added() {
      return peakRssBytes - rssBeforeLoadBytes;
    }
  }

  /** Energy of the processor packages, whatever else they did. */
  public record Energy(
      @Key("joules of the run") double joules,
      @Key("joules for each token that was generated, its share of the prompt included")
          double joulesPerToken) {}

  /** What the thermal policy did. */
  public record Thermal(
      @Key("highest temperature, °C") double maxCelsius,
      @Key("seconds that generation was held back, warm-up included") double waitedS,
      @Key("pauses because it was too hot") int pauses) {}

  /** Rates over the run. */
  public record Sustained(
      @Key("decoded tokens per second in the last window over those in the first") double ratio,
      @Key(
              "equal parts of the run, a query belonging to the one that it began in; those in which"
                  + " none began are left out")
          List<Window> windows) {}

  /** A part of the run. */
  public record Window(
      @Key("seconds from the start of the run") double fromS,
      @Key("queries that began in it") int queries,
      @Key("tokens after the first per second of the time after it") double decodeTokensPerS) {}

  /** A query. */
  public record Sample(
      @Key("nanoseconds from the start of the run") long startNs,
      @Key("tokens of the prompt") int promptTokens,
      @Key("tokens that were generated") int outputTokens,
      @Key("nanoseconds to the first token") long ttftNs,
      @Key("nanoseconds to the last") long latencyNs) {
    long decodeNs() {
      return latencyNs - ttftNs;
    }
  }
}
