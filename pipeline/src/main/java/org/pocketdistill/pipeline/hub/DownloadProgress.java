package org.pocketdistill.pipeline.hub;

import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A line on how far a download is, every few seconds. */
final class DownloadProgress {
  private static final Logger LOG = LoggerFactory.getLogger("hub");
  private static final long INTERVAL = Duration.ofSeconds(5).toNanos();
  private static final double MB = 1e6;

  private final String what;
  private final long total;
  private final LongSupplier nanoTime;
  private final long started;
  private long intervalStarted;
  private long intervalBytes;
  private long received;
  private long done;

  /**
   * Progress of some files together.
   *
   * @param total their bytes
   * @param nanoTime the clock
   */
  DownloadProgress(String what, long total, LongSupplier nanoTime) {
    this.what = what;
    this.total = total;
    this.nanoTime = nanoTime;
    this.started = nanoTime.getAsLong();
    this.intervalStarted = started;
  }

  /** Bytes that an earlier run has left. */
  void found(long bytes) {
    done += bytes;
  }

  /** Bytes that have to be fetched again. */
  void lost(long bytes) {
    done -= bytes;
  }

  void received(long bytes) {
    done += bytes;
    received += bytes;
    intervalBytes += bytes;
    if (nanoTime.getAsLong() - intervalStarted >= INTERVAL) {
      LOG.info("{}", line());
      intervalStarted = nanoTime.getAsLong();
      intervalBytes = 0;
    }
  }

  /** How far it is, how fast it goes and how long it will take. */
  String line() {
    long now = nanoTime.getAsLong();
    double rate = intervalBytes / seconds(now - intervalStarted);
    double mean = received / seconds(now - started);
    String eta =
        mean > 0 ? duration(Duration.ofSeconds(Math.round((total - done) / mean))) : "unknown";
    return String.format(
        Locale.ROOT,
        "%s: %s of %s, %.1f MB/s, eta %s",
        what,
        megabytes(done),
        megabytes(total),
        rate / MB,
        eta);
  }

  /** The end of it. */
  String summary() {
    long nanos = nanoTime.getAsLong() - started;
    return String.format(
        Locale.ROOT,
        "%s: %s in %s, %.1f MB/s",
        what,
        megabytes(received),
        duration(Duration.ofNanos(nanos)),
        received / seconds(nanos) / MB);
  }

  private static double seconds(long nanos) {
    return Math.max(nanos, 1) / 1e9;
  }

  static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / MB);
  }

  private static String duration(Duration time) {
    if (time.toHours() > 0) {
      return time.toHours() + "h" + time.toMinutesPart() + "m";
    }
    return time.toMinutes() > 0
        ? time.toMinutes() + "m" + time.toSecondsPart() + "s"
        : time.toSeconds() + "s";
  }
}
