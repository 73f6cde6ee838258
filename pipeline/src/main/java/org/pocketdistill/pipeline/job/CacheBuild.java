package org.pocketdistill.pipeline.job;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.util.Locale;
import org.pocketdistill.batch.Batches;
import org.pocketdistill.pipeline.cache.CacheStatistics;
import org.pocketdistill.pipeline.cache.CachedTeacher;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.torch.Torch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fills a teacher's cache with the micro-batches of the training's first epoch, the way that epoch
 * would: an entry has the same bits whoever makes it.
 */
final class CacheBuild {
  private static final Logger LOG = LoggerFactory.getLogger("cache");
  private static final long NANOS_BETWEEN_REPORTS = 10_000_000_000L;

  private final CachedTeacher teacher;
  private final Batches batches;
  private final long microBatches;
  private long learned;
  private long done;

  CacheBuild(CachedTeacher teacher, Batches batches, TrainConfig config) {
    this.teacher = teacher;
    this.batches = batches;
    int perEpoch = batches.microBatchesPerEpoch();
    long trained = Training.steps(config, perEpoch) * config.gradientAccumulationSteps();
    this.microBatches = Math.min(perEpoch, trained);
  }

  /** Computes what is missing; killed, the next call goes on. */
  CacheStatistics run() throws IOException {
    for (long i = 0; i < microBatches; i++) {
      learned += batches.learnedTokens(i);
    }
    LOG.info("{}: {} learned tokens", teacher.statistics().folder(), learned);
    long reported = System.nanoTime();
    try (NDManager manager = Torch.newManager()) {
      for (long i = 0; i < microBatches; i++) {
        try (NDManager scope = manager.newSubManager()) {
          teacher.fill(scope, batches.get(i));
        }
        done += batches.learnedTokens(i);
        if (System.nanoTime() - reported > NANOS_BETWEEN_REPORTS) {
          teacher.flush();
          report();
          reported = System.nanoTime();
        }
      }
    }
    teacher.flush();
    return teacher.statistics();
  }

  private void report() {
    CacheStatistics now = teacher.statistics();
    // What was found took no time, so the rate is that of what was not.
    double seconds = now.misses() == 0 ? 0 : now.seconds() / now.misses();
    double missesPerToken = (double) now.misses() / done;
    double left = (learned - done) * missesPerToken * seconds;
    LOG.info(
        "{} of {} learned tokens, {} tokens/s, {} s left",
        done,
        learned,
        String.format(Locale.ROOT, "%.0f", now.tokensPerSecond()),
        String.format(Locale.ROOT, "%.0f", left));
  }
}
