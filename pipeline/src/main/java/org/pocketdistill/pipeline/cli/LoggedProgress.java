package org.pocketdistill.pipeline.cli;

import java.util.concurrent.TimeUnit;
import org.pocketdistill.pipeline.manifest.ByteProgress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs every few seconds how far work over many bytes has come; short work logs nothing. */
final class LoggedProgress implements ByteProgress {
  private static final Logger LOG = LoggerFactory.getLogger("verify");
  private static final long INTERVAL = TimeUnit.SECONDS.toNanos(3);
  private static final long MEGABYTE = 1_000_000;

  private final String done;
  private final long total;
  private long bytes;
  private long last = System.nanoTime();

  /**
   * Starts at zero.
   *
   * @param done what happens to the bytes, for example {@code copied}
   * @param total how many there are
   */
  LoggedProgress(String done, long total) {
    this.done = done;
    this.total = total;
  }

  @Override
  public void add(long more) {
    bytes += more;
    long now = System.nanoTime();
    if (now - last >= INTERVAL) {
      last = now;
      LOG.info("{}: {} of {} MB", done, bytes / MEGABYTE, total / MEGABYTE);
    }
  }
}
