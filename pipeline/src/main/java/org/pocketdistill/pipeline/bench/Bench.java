package org.pocketdistill.pipeline.bench;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToLongFunction;
import org.pocketdistill.pipeline.bench.BenchResult.Energy;
import org.pocketdistill.pipeline.bench.BenchResult.Machine;
import org.pocketdistill.pipeline.bench.BenchResult.Memory;
import org.pocketdistill.pipeline.bench.BenchResult.Model;
import org.pocketdistill.pipeline.bench.BenchResult.Sample;
import org.pocketdistill.pipeline.bench.BenchResult.Session;
import org.pocketdistill.pipeline.bench.BenchResult.Sustained;
import org.pocketdistill.pipeline.bench.BenchResult.Thermal;
import org.pocketdistill.pipeline.bench.BenchResult.Totals;
import org.pocketdistill.pipeline.bench.BenchResult.Validity;
import org.pocketdistill.pipeline.bench.BenchResult.Window;
import org.pocketdistill.pipeline.lm.CausalDecoder;
import org.pocketdistill.pipeline.lm.PackageDecoder;
import org.pocketdistill.pipeline.lm.SessionSettings;
import org.pocketdistill.pipeline.thermal.ThermalGovernor;
import org.pocketdistill.pipeline.train.PeakMemory;

/**
 * A model that was loaded to be measured.
 *
 * @param loadS seconds that it took
 * @param rssBeforeLoad resident memory before
 */
public record Bench(Model model, CausalDecoder decoder, double loadS, long rssBeforeLoad) {
  private static final double SECOND = 1e9;

  /** Warms up and measures. */
  public BenchResult run(SingleStream stream, EnergyCounter energy) {
    Instant started = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    SingleStream.Run run = stream.run(decoder, energy);
    BenchConfig settings = stream.settings();
    EarlyStopping rule = settings.earlyStopping();
    Totals totals = totals(run.samples());
    double seconds = run.nanos() / SECOND;
    return new BenchResult(
        BenchResult.VERSION,
        started.toString(),
        model,
        machine(),
        decoder instanceof PackageDecoder packed ? Optional.of(session(packed)) : Optional.empty(),
        settings,
        loadS,
        seconds,
        totals,
        Distribution.of(nanos(run, Sample::ttftNs), rule),
        Distribution.of(nanos(run, Bench::nanosPerOutputToken), rule),
        Distribution.of(nanos(run, Sample::latencyNs), rule),
        validity(settings, totals.queries(), seconds),
        new Memory(PeakMemory.bytes(), rssBeforeLoad),
        energy(run.joules(), totals.outputTokens()),
        decoder instanceof PackageDecoder packed ? thermal(packed.governor()) : Optional.empty(),
        settings.minDurationS() > 0
            ? Optional.of(sustained(run, settings.sustainedWindows()))
            : Optional.empty(),
        Optional.empty(),
        run.samples());
  }

  private static long nanosPerOutputToken(Sample sample) {
    return sample.decodeNs() / (sample.outputTokens() - 1);
  }

  private static long[] nanos(SingleStream.Run run, ToLongFunction<Sample> time) {
    return run.samples().stream().mapToLong(time).toArray();
  }

  private static Machine machine() {
    return new Machine(
        System.getProperty("os.name"),
        System.getProperty("os.arch"),
        Runtime.getRuntime().availableProcessors());
  }

  private static Session session(PackageDecoder decoder) {
    SessionSettings settings = decoder.session();
    return new Session(
        settings.intraOpNumThreads(),
        settings.interOpNumThreads(),
        settings.allowSpinning(),
        settings.enableCpuMemArena(),
        settings.enableMemPattern(),
        SessionSettings.names(settings.executionProviders()),
        SessionSettings.names(settings.missingProviders()));
  }

  static Totals totals(List<Sample> samples) {
    long prompt = samples.stream().mapToLong(Sample::promptTokens).sum();
    long output = samples.stream().mapToLong(Sample::outputTokens).sum();
    double reading = samples.stream().mapToLong(Sample::ttftNs).sum() / SECOND;
    return new Totals(samples.size(), prompt, output, prompt / reading, decodeRate(samples));
  }

  /** Tokens after the first per second of the time after it. */
  private static double decodeRate(List<Sample> samples) {
    long tokens = samples.stream().mapToLong(sample -> sample.outputTokens() - 1).sum();
    return tokens / (samples.stream().mapToLong(Sample::decodeNs).sum() / SECOND);
  }

  static Validity validity(BenchConfig settings, int queries, double seconds) {
    int required = settings.earlyStopping().requiredQueries();
    boolean isLong = seconds >= settings.minDurationS();
    boolean isMany = queries >= settings.minQueryCount();
    boolean isSure = queries >= required;
    return new Validity(isLong && isMany && isSure, isLong, isMany, isSure, required);
  }

  private static Optional<Energy> energy(OptionalDouble joules, long tokens) {
    return joules.isPresent()
        ? Optional.of(new Energy(joules.getAsDouble(), joules.getAsDouble() / tokens))
        : Optional.empty();
  }

  private static Optional<Thermal> thermal(ThermalGovernor governor) {
    ThermalGovernor.Summary summary = governor.summary();
    OptionalDouble highest = summary.highestCelsius();
    return highest.isPresent()
        ? Optional.of(new Thermal(highest.getAsDouble(), summary.waitedSeconds(), summary.pauses()))
        : Optional.empty();
  }

  static Sustained sustained(SingleStream.Run run, int count) {
    List<Window> windows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int window = i;
      List<Sample> begun =
          run.samples().stream()
              .filter(sample -> (long) ((double) sample.startNs() / run.nanos() * count) == window)
              .toList();
      if (!begun.isEmpty()) {
        double from = run.nanos() / SECOND * i / count;
        windows.add(new Window(from, begun.size(), decodeRate(begun)));
      }
    }
    double first = windows.get(0).decodeTokensPerS();
    return new Sustained(windows.get(windows.size() - 1).decodeTokensPerS() / first, windows);
  }
}
