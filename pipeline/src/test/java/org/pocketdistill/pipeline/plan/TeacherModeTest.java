package org.pocketdistill.pipeline.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.pocketdistill.pipeline.config.CacheConfig.Streaming;

class TeacherModeTest {
  private static final long GIGABYTE = 1_000_000_000;

  @Test
  void whatDoesNotFitIsStreamed() {
    assertThat(TeacherMode.of(Streaming.AUTO, 13 * GIGABYTE, 24 * GIGABYTE))
        .hasToString("streamed layer by layer (its weights take 13.00 GB of 24.00 GB of memory)");
    assertThat(TeacherMode.of(Streaming.AUTO, 11 * GIGABYTE, 24 * GIGABYTE).streamed()).isFalse();
  }

  @Test
  void theJobHasTheLastWord() {
    assertThat(TeacherMode.of(Streaming.ALWAYS, 1, 24 * GIGABYTE).streamed()).isTrue();
    assertThat(TeacherMode.of(Streaming.NEVER, 30 * GIGABYTE, 24 * GIGABYTE))
        .hasToString("in memory (as configured; its weights take 30.00 GB of 24.00 GB of memory)");
  }
}
