package org.pocketdistill.pipeline.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class DownloadProgressTest {
  private static final long SECOND = 1_000_000_000L;

  private final AtomicLong clock = new AtomicLong();
  private final DownloadProgress progress =
      new DownloadProgress("hf://a/b", 1_000_000_000L, clock::get);

  @Test
  void saysHowFarHowFastAndHowLong() {
    progress.found(200_000_000);
    clock.set(4 * SECOND);
    progress.received(40_000_000);

    assertThat(progress.line())
        .as("what was found does not count as speed")
        .isEqualTo("hf://a/b: 240.0 MB of 1000.0 MB, 10.0 MB/s, eta 1m16s");
  }

  @Test
  void showsTheSpeedOfTheLastSeconds() {
    clock.set(5 * SECOND);
    progress.received(100_000_000);
    clock.set(9 * SECOND);
    progress.received(4_000_000);

    assertThat(progress.line()).contains("104.0 MB of", ", 1.0 MB/s, eta 1m18s");
  }

  @Test
  void takesBackWhatHasToBeFetchedAgain() {
    clock.set(SECOND);
    progress.received(100_000);
    progress.lost(100_000);

    assertThat(progress.line()).contains(": 0.0 MB of 1000.0 MB", "eta 2h46m");
  }

  @Test
  void knowsNoEndBeforeAnythingCame() {
    clock.set(SECOND);

    assertThat(progress.line()).endsWith("0.0 MB/s, eta unknown");
    assertThat(progress.summary()).isEqualTo("hf://a/b: 0.0 MB in 1s, 0.0 MB/s");
  }
}
