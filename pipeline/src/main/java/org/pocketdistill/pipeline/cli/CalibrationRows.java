package org.pocketdistill.pipeline.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.batch.BatchOptions;
import org.pocketdistill.batch.Batches;
import org.pocketdistill.batch.TokenizedExample;
import org.pocketdistill.batch.TokenizedRows;
import org.pocketdistill.data.TextLines;
import org.pocketdistill.pipeline.calibrate.CalibrationTokens;
import org.pocketdistill.pipeline.lm.CausalScorer;
import org.pocketdistill.pipeline.model.StoredModel;

/** The first rows of a file as tokens to calibrate on; long rows in pieces. */
final class CalibrationRows {
  /** Attention takes memory with the square of it. */
  private static final int LONGEST = 512;

  private static final int BATCH = 4;

  private CalibrationRows() {}

  /**
   * Reads rows as {@code distill score} takes them, up to the number of tokens asked for.
   *
   * @param asked tokens, if somebody says how many
   * @throws org.pocketdistill.data.DataException if there are fewer, or none
   */
  static List<Batch> read(
      Path file, StoredModel model, CausalScorer decoder, Optional<Integer> asked) {
    TokenizedRows rows = new TokenizedRows();
    int longest = Math.min(LONGEST, decoder.contextLength());
    long wanted = asked.orElse(CalibrationTokens.DEFAULT);
    try (TextLines lines = TextLines.open(file);
        RowEncoder encoder = new RowEncoder(model, decoder, lines)) {
      Optional<int[]> row = encoder.next();
      while (row.isPresent() && rows.tokens() < wanted) {
        add(rows, row.get(), longest, wanted);
        row = encoder.next();
      }
    }
    CalibrationTokens.requireEnough(rows.tokens(), asked, file.toString());
    Batches batches = new Batches(rows, new BatchOptions(BATCH, longest, true, 0));
    return CalibrationTokens.first(batches, Optional.of((int) rows.tokens()), file.toString());
  }

  private static void add(TokenizedRows rows, int[] row, int longest, long wanted) {
    for (int start = 0; start < row.length && rows.tokens() < wanted; start += longest) {
      int most = (int) Math.min(longest, wanted - rows.tokens());
      int[] piece = Arrays.copyOfRange(row, start, Math.min(row.length, start + most));
      rows.add(new TokenizedExample(Integer.toString(rows.size()), piece, piece));
    }
  }
}
