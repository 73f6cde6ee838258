package org.pocketdistill.pipeline.job;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.batch.Batches;
import org.pocketdistill.pipeline.cache.CacheStatistics;
import org.pocketdistill.pipeline.cache.CachedTeacher;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.model.StreamedDecoder;
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
      for (long i = 0; i < microBatches; ) {
        List<Batch> block = block(i);
        teacher.prepare(block);
        for (Batch batch : block) {
          try (NDManager scope = manager.newSubManager()) {
            teacher.fill(scope, batch);
          }
          done += batch.learnedTokens();
          if (System.nanoTime() - reported > NANOS_BETWEEN_REPORTS) {
            teacher.flush();
            report();
            reported = System.nanoTime();
          }
        }
        i += block.size();
      }
    }
    teacher.flush();
    return teacher.statistics();
  }

  /** Micro-batches that a streamed teacher takes at once. */
  private List<Batch> block(long first) {
    List<Batch> block = new ArrayList<>();
    long tokens = 0;
    for (long i = first; i < microBatches && tokens < StreamedDecoder.BLOCK_TOKENS; i++) {
      Batch batch = batches.get(i);
      block.add(batch);
      tokens += (long) batch.rows() * batch.length();
    }
    return block;
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
