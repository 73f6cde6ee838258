package org.pocketdistill.pipeline.job;

import org.pocketdistill.batch.ExampleTokenizer;
import org.pocketdistill.batch.TooLong;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Example;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.tokenize.ChatTemplates;
import org.pocketdistill.tokenize.HfTokenizer;

/** Whether a row can be trained on whole. Owns a tokenizer; close it. */
final class RowFit implements AutoCloseable {
  private final HfTokenizer tokenizer;
  private final ExampleTokenizer rows;

  RowFit(JobConfig job, PreparedData data) {
    this.tokenizer = HfTokenizer.load(data.tokenizer());
    this.rows =
        new ExampleTokenizer(
            tokenizer,
            ChatTemplates.load(data.tokenizer()),
            new ExampleTokenizer.Options(
                job.data().maxSeqLen(), TooLong.DROP, 0, job.data().reasoning()));
  }

  /** False for a row that is too long, or whose words would open or close a turn. */
  boolean accepts(Example row) {
    try {
      return rows.tokenize(row).isPresent();
    } catch (DataException e) {
      return false;
    }
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
