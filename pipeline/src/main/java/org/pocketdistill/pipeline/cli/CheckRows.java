package org.pocketdistill.pipeline.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.TextLines;
import org.pocketdistill.pipeline.lm.CausalDecoder;
import org.pocketdistill.pipeline.model.StoredModel;

/** Token rows on which a file that was written is compared with its model. */
final class CheckRows {
  /** Most rows that are taken of a file. */
  static final int MOST = 64;

  private static final int RANDOM = 8;
  private static final int RANDOM_TOKENS = 64;

  private CheckRows() {}

  /** Random tokens of the model, always the same. */
  static List<int[]> random(CausalDecoder reference, int context) {
    SplittableRandom random = new SplittableRandom(1);
    List<int[]> rows = new ArrayList<>();
    for (int i = 0; i < RANDOM; i++) {
      int length = Math.min(RANDOM_TOKENS, context);
      rows.add(random.ints(length, 0, reference.vocabSize()).toArray());
    }
    return rows;
  }

  /** The first rows of a file that fit into the context. */
  static List<int[]> read(Path file, StoredModel model, CausalDecoder reference, int context) {
    List<int[]> rows = new ArrayList<>();
    try (TextLines lines = TextLines.open(file);
        RowEncoder encoder = new RowEncoder(model, reference, lines)) {
      Optional<int[]> row = encoder.next();
      while (row.isPresent() && rows.size() < MOST) {
        if (row.get().length <= context) {
          rows.add(row.get());
        }
        row = encoder.next();
      }
    }
    if (rows.isEmpty()) {
      throw new DataException(
          file + ": no row of at most " + context + " tokens to check the package on");
    }
    return rows;
  }
}
