package org.pocketdistill.pipeline.hub;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** Closes a stream that brings nothing for a while, which ends the wait of its reader. */
final class StallGuard implements AutoCloseable {
  private final Timer timer = new Timer("hub-stall-guard", true);
  private final AtomicLong lastSign = new AtomicLong(System.nanoTime());
  private final AtomicBoolean stalled = new AtomicBoolean();

  StallGuard(InputStream stream, Duration patience) {
    long period = Math.max(1, patience.toMillis() / 4);
    timer.schedule(
        new TimerTask() {
          @Override
          public void run() {
            if (System.nanoTime() - lastSign.get() > patience.toNanos()) {
              stalled.set(true);
              closeQuietly(stream);
            }
          }
        },
        period,
        period);
  }

  private static void closeQuietly(InputStream stream) {
    try {
      stream.close();
    } catch (IOException e) {
      // Its reader hears of it.
      return;
    }
  }

  /** Something came. */
  void alive() {
    lastSign.set(System.nanoTime());
  }

  boolean hasStalled() {
    return stalled.get();
  }

  @Override
  public void close() {
    timer.cancel();
  }
}
