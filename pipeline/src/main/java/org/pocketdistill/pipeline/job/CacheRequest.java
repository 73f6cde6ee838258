package org.pocketdistill.pipeline.job;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.pocketdistill.eval.result.AtomicFile;
import org.pocketdistill.pipeline.config.CacheConfig;
import org.pocketdistill.pipeline.config.CacheConfig.Streaming;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.config.TrainConfig.Precision;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/**
 * The teacher's cache that a job asks for.
 *
 * @param topK tokens that are kept
 * @param root folder of caches
 * @param streaming whether the teacher is read layer by layer to fill it
 */
record CacheRequest(int topK, Path root, Streaming streaming) {
  /** What the keys of a job ask for. */
  static CacheRequest of(CacheConfig config, Path run) {
    Path root = config.dir().map(Path::of).orElseGet(() -> run.resolve("teacher-cache"));
    return new CacheRequest(config.topK(), root, config.streaming());
  }

  /**
   * Precision of the teacher. Where it is not configured, the one that a training was found to be
   * fast in is kept beside the caches: another measurement may come out differently, and would make
   * a second cache of the same teacher.
   *
   * @param training precision of the training
   */
  ComputeDtype precision(TrainConfig config, ComputeDtype training) throws IOException {
    if (config.precision() != Precision.AUTO) {
      return training;
    }
    Path file = root.resolve("precision.txt");
    if (!Files.exists(file)) {
      Files.createDirectories(root);
      AtomicFile.write(file, training.name() + "\n");
    }
    return ComputeDtype.valueOf(Files.readString(file).strip());
  }
}
