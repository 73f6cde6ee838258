package org.pocketdistill.pipeline.calibrate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.config.Int8StaticConfig;
import org.pocketdistill.pipeline.model.HfConfigFile;
import org.pocketdistill.pipeline.model.StoredModel;

/** Ranges of the activations of tiny checkpoints on random tokens. */
public final class TinyCalibration {
  private static final long SEED = 17;
  private static final int ROWS = 16;
  private static final int TOKENS = 32;

  private TinyCalibration() {}

  static ActivationRanges of(Path model, Int8StaticConfig config) throws IOException {
    return ActivationRanges.of(StoredModel.open(model), batches(model), config);
  }

  /** Random tokens for a checkpoint, the same ones every time. */
  public static List<Batch> batches(Path model) throws IOException {
    SplittableRandom random = new SplittableRandom(SEED);
    int vocabSize = HfConfigFile.read(model).vocabSize();
    List<int[]> rows = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      rows.add(random.ints(TOKENS, 0, vocabSize).toArray());
    }
    return StructuredText.batches(rows);
  }
}
