package org.pocketdistill.pipeline.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import org.pocketdistill.pipeline.bench.BenchResult.Sample;
import org.pocketdistill.pipeline.lm.CausalDecoder;
import org.pocketdistill.pipeline.lm.DecodeTiming;

/**
 * LoadGen's single-stream scenario: the next query begins when the last one has ended. It ends when
 * duration, query count and early stopping are met, or at the longest duration, or at the largest
 * count.
 *
 * @param settings how to run
 * @param prompts token ids; none empty, each with room for the new tokens
 */
public record SingleStream(BenchConfig settings, List<int[]> prompts) {
  private static final double SECOND = 1e9;

  public SingleStream {
    prompts = List.copyOf(prompts);
    if (prompts.isEmpty()) {
      throw new IllegalArgumentException("no prompts");
    }
  }

  /**
   * What was measured.
   *
   * @param nanos from the first query to the end of the last
   * @param joules of the run, where the system tells
   */
  record Run(List<Sample> samples, long nanos, OptionalDouble joules) {}

  /** A prompt of random tokens. */
  public static SingleStream ofRandomTokens(BenchConfig settings, int vocabSize) {
    int[] prompt =
        new SplittableRandom(settings.seed()).ints(settings.promptTokens(), 0, vocabSize).toArray();
    return new SingleStream(settings, List.of(prompt));
  }

  /** Warms up, then measures. */
  Run run(CausalDecoder decoder, EnergyCounter energy) {
    for (int i = 0; i < settings.warmupQueries(); i++) {
      DecodeTiming.measure(decoder, prompts.get(i % prompts.size()), settings.newTokens());
    }
    List<Sample> samples = new ArrayList<>();
    int required = settings.earlyStopping().requiredQueries();
    int[] order = {};
    energy.start();
    long started = System.nanoTime();
    long now = started;
    while (isOpen(samples.size(), (now - started) / SECOND, required)) {
      int turn = samples.size() % prompts.size();
      order = turn == 0 ? shuffled(samples.size() / prompts.size()) : order;
      int[] prompt = prompts.get(order[turn]);
      DecodeTiming timing = DecodeTiming.measure(decoder, prompt, settings.newTokens());
      samples.add(sample(now - started, timing));
      energy.sample();
      now = System.nanoTime();
    }
    return new Run(samples, now - started, energy.joules());
  }

  private static Sample sample(long start, DecodeTiming timing) {
    return new Sample(
        start,
        timing.promptTokens(),
        timing.outputTokens(),
        timing.firstTokenNanos(),
        timing.latencyNanos());
  }

  /** Whether another query is to come. */
  boolean isOpen(int queries, double seconds, int required) {
    if (queries == 0) {
      return true;
    }
    if (queries >= settings.maxQueryCount().orElse(Integer.MAX_VALUE)) {
      return false;
    }
    boolean enough =
        queries >= Math.max(required, settings.minQueryCount())
            && seconds >= settings.minDurationS();
    return !enough && seconds < settings.longestS();
  }

  /** All prompts once in each round, in an order that seed and round decide. */
  int[] shuffled(int round) {
    int[] order = new int[prompts.size()];
    Arrays.setAll(order, i -> i);
    SplittableRandom random = new SplittableRandom(settings.seed() * 1_000_003 + round);
    for (int i = order.length - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      int held = order[i];
      order[i] = order[other];
      order[other] = held;
    }
    return order;
  }
}
