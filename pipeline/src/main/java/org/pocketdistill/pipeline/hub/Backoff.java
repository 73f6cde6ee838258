package org.pocketdistill.pipeline.hub;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries again, after a wait that doubles, what failed for a reason that may pass: a cut connection,
 * a hub that is busy or asks to slow down. What brought some bytes before it failed starts counting
 * anew.
 */
final class Backoff {
  private static final Logger LOG = LoggerFactory.getLogger("hub");
  private static final int TRIES = 6;
  private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(8);

  /** The window over which the hub counts requests. */
  private static final Duration LONGEST_ASKED = Duration.ofMinutes(5);

  private final int tries;
  private final Sleeper sleeper;

  private Backoff(int tries, Sleeper sleeper) {
    this.tries = tries;
    this.sleeper = sleeper;
  }

  /** As the hub's own clients do: six tries, and waits of 1, 2, 4, 8 and 8 seconds. */
  static Backoff standard() {
    return new Backoff(TRIES, wait -> Thread.sleep(wait.toMillis()));
  }

  /** The same with other means of waiting. */
  static Backoff sleepingBy(Sleeper sleeper) {
    return new Backoff(TRIES, sleeper);
  }

  /** One try only, where there is something else to fall back on. */
  Backoff once() {
    return new Backoff(1, sleeper);
  }

  /** Calls until it succeeds. */
  <T> T run(Call<T> call, HubErrors errors) throws IOException {
    return run(call, errors, () -> 0);
  }

  /**
   * Calls until it succeeds.
   *
   * @param progress grows with what a call has brought, even if it fails
   * @throws HubException if it failed too often; other exceptions than {@link IOException} at once
   */
  <T> T run(Call<T> call, HubErrors errors, LongSupplier progress) throws IOException {
    int failures = 0;
    while (true) {
      long before = progress.getAsLong();
      try {
        return call.run();
      } catch (HubException e) {
        throw e;
      } catch (IOException e) {
        failures = progress.getAsLong() > before ? 1 : failures + 1;
        if (failures >= tries) {
          throw errors.afterTries(e, tries);
        }
        pause(e, failures, errors);
      }
    }
  }

  private void pause(IOException failure, int failures, HubErrors errors) throws IOException {
    Optional<Duration> asked =
        failure instanceof BusyException busy ? busy.askedWait() : Optional.empty();
    if (asked.isPresent() && asked.get().compareTo(LONGEST_ASKED) > 0) {
      throw errors.askedToWait(asked.get());
    }
    Duration doubled = FIRST_WAIT.multipliedBy(1L << Math.min(failures - 1, 10));
    Duration wait = asked.orElse(doubled.compareTo(LONGEST_WAIT) < 0 ? doubled : LONGEST_WAIT);
    LOG.warn(
        "{}: {}; tries again in {} s", errors.subject(), HubErrors.reason(failure), seconds(wait));
    try {
      sleeper.sleep(wait);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for the hub");
    }
  }

  private static String seconds(Duration wait) {
    return Long.toString(Math.max(1, wait.toSeconds()));
  }

  /** Something that may fail for a while. */
  @FunctionalInterface
  interface Call<T> {
    T run() throws IOException;
  }

  /** Waits. */
  @FunctionalInterface
  interface Sleeper {
    void sleep(Duration wait) throws InterruptedException;
  }
}
