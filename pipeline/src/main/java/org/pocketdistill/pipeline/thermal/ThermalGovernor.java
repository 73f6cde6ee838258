package org.pocketdistill.pipeline.thermal;

import java.util.List;
import java.util.OptionalDouble;
import org.pocketdistill.pipeline.config.ThermalConfig;
import org.pocketdistill.pipeline.config.ThermalConfig.BackoffConfig;
import org.pocketdistill.pipeline.config.ThermalConfig.ThermalBand;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds generation back as a policy asks: tokens come no faster than the ceiling of the band that
 * the temperature is in, and none come while it is too hot. A band is left only when it is cooler
 * than its beginning by the hysteresis, so that it does not flutter.
 *
 * <p>It waits in the caller's thread. Not safe for use from several threads.
 */
public final class ThermalGovernor {
  private static final Logger LOG = LoggerFactory.getLogger("thermal");
  private static final double SECOND = 1e9;

  private final ThermalConfig policy;
  private final TemperatureSource source;
  private final Ticker ticker;
  private OptionalDouble celsius = OptionalDouble.empty();
  private double highest = Double.NEGATIVE_INFINITY;
  private boolean polled;
  private long polledAt;
  private int band = -1;
  private boolean hasReleased;
  private long releasedAt;
  private boolean gaveUp;
  private long waited;
  private int pauses;

  /** What a governor has done so far. */
  public record Summary(OptionalDouble highestCelsius, double waitedSeconds, int pauses) {}

  /** A governor on any clock. */
  public ThermalGovernor(ThermalConfig policy, TemperatureSource source, Ticker ticker) {
    this.policy = policy;
    this.source = source;
    this.ticker = ticker;
  }

  /** A governor on the system's clock. */
  public ThermalGovernor(ThermalConfig policy, TemperatureSource source) {
    this(policy, source, Ticker.SYSTEM);
  }

  /** Waits until a prompt may be read: while it is too hot. */
  public void beforePrompt() {
    poll();
    pauseWhileTooHot();
  }

  /** Waits until so many tokens may be computed. */
  public void beforeTokens(int tokens) {
    beforePrompt();
    if (hasReleased && band >= 0) {
      double ceiling = policy.bands().get(band).maxTokensPerSecond();
      await(releasedAt + Math.round(tokens / ceiling * SECOND) - ticker.nanos());
    }
    hasReleased = true;
    releasedAt = ticker.nanos();
  }

  /** What it has done so far. */
  public Summary summary() {
    return new Summary(
        highest == Double.NEGATIVE_INFINITY ? OptionalDouble.empty() : OptionalDouble.of(highest),
        waited / SECOND,
        pauses);
  }

  /** °C at the last reading. */
  public OptionalDouble celsius() {
    return celsius;
  }

  private void await(long nanos) {
    if (nanos > 0) {
      ticker.sleep(nanos);
      waited += nanos;
    }
  }

  private void poll() {
    if (!polled || ticker.nanos() - polledAt >= policy.pollSeconds() * SECOND) {
      read();
    }
  }

  private void read() {
    polled = true;
    polledAt = ticker.nanos();
    celsius = source.celsius();
    band = celsius.isPresent() ? band(celsius.getAsDouble()) : -1;
    highest = Math.max(highest, celsius.orElse(highest));
  }

  /** Up as soon as a band begins, down when the hysteresis is passed. */
  private int band(double temperature) {
    List<ThermalBand> bands = policy.bands();
    int next = band;
    while (next + 1 < bands.size() && temperature >= bands.get(next + 1).fromCelsius()) {
      next++;
    }
    while (next >= 0 && temperature < bands.get(next).fromCelsius() - policy.hysteresisCelsius()) {
      next--;
    }
    return next;
  }

  private void pauseWhileTooHot() {
    double temperature = celsius.orElse(Double.NEGATIVE_INFINITY);
    double cool = policy.pauseCelsius() - policy.hysteresisCelsius();
    if (temperature < cool) {
      gaveUp = false;
    }
    if (gaveUp || temperature < policy.pauseCelsius()) {
      return;
    }
    pauses++;
    LOG.info("{} °C: waiting until it is cooler than {} °C", temperature, cool);
    BackoffConfig backoff = policy.backoff();
    double left = backoff.giveUpSeconds();
    double next = Math.min(backoff.initialSeconds(), backoff.maxSeconds());
    while (left > 0 && celsius.orElse(Double.NEGATIVE_INFINITY) >= cool) {
      double now = Math.min(next, left);
      await(Math.round(now * SECOND));
      left -= now;
      next = Math.min(next * backoff.factor(), backoff.maxSeconds());
      read();
    }
    gaveUp = celsius.orElse(Double.NEGATIVE_INFINITY) >= cool;
  }
}
