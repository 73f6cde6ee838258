package org.pocketdistill.eval;

import java.time.Duration;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lines of progress, one every few seconds and one at the end. */
public final class Progress {
  private static final Logger LOG = LoggerFactory.getLogger(Progress.class);
  private static final Duration INTERVAL = Duration.ofSeconds(5);

  private final String what;
  private final int total;
  private final long start = System.nanoTime();
  private long lastLine = start;
  private int done;

  /** Progress on so many items. */
  public Progress(String what, int total) {
    this.what = what;
    this.total = total;
  }

  /** So many more are done. */
  public void add(int items) {
    done += items;
    long now = System.nanoTime();
    if (done < total && now - lastLine < INTERVAL.toNanos()) {
      return;
    }
    lastLine = now;
    if (LOG.isInfoEnabled()) {
      LOG.info(line(Duration.ofNanos(now - start)));
    }
  }

  /** The line after this time. */
  String line(Duration elapsed) {
    double seconds = Math.max(1e-3, elapsed.toNanos() / 1e9);
    double rate = done / seconds;
    long left = Math.round((total - done) / rate);
    return String.format(
        Locale.ROOT,
        "%s: %d/%d items, %.1f items/s, %s",
        what,
        done,
        total,
        rate,
        done == total
            ? String.format(Locale.ROOT, "%.1f s", seconds)
            : String.format(Locale.ROOT, "ETA %d:%02d", left / 60, left % 60));
  }
}
