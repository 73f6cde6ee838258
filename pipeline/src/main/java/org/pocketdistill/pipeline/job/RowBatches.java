package org.pocketdistill.pipeline.job;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.batch.BatchOptions;
import org.pocketdistill.batch.Batches;
import org.pocketdistill.batch.TokenizedRows;
import org.pocketdistill.pipeline.config.JobConfig;

/** Prepared rows as micro-batches. */
record RowBatches(JobConfig job, PreparedData data) {
  /** Batches of the rows that a job trains on. */
  Batches of(Path file, int batchSize) {
    return of(new TokenRows(job, data).read(file).rows(), batchSize);
  }

  private Batches of(TokenizedRows rows, int batchSize) {
    return new Batches(
        rows,
        new BatchOptions(batchSize, job.data().maxSeqLen(), job.data().packing(), job.seed()));
  }

  /** The first batches of a training, with about so many tokens, padding included. */
  List<Batch> first(Path file, int batchSize, long tokens) {
    return first(of(file, batchSize), tokens);
  }

  private static List<Batch> first(Batches batches, long tokens) {
    List<Batch> first = new ArrayList<>();
    long found = 0;
    for (int i = 0; i < batches.microBatchesPerEpoch() && found < tokens; i++) {
      first.add(batches.get(i));
      found += (long) first.get(i).rows() * first.get(i).length();
    }
    return first;
  }

  /** All rows that the loss is watched on; may be empty. */
  List<Batch> dev(int batchSize) throws IOException {
    if (Files.size(data.dev()) == 0) {
      return List.of();
    }
    TokenizedRows rows = new TokenRows(job, data).read(data.dev()).rows();
    return rows.size() == 0 ? List.of() : first(of(rows, batchSize), Long.MAX_VALUE);
  }
}
