package org.pocketdistill.pipeline.job;

import java.nio.file.Path;
import org.pocketdistill.batch.ExampleTokenizer;
import org.pocketdistill.batch.MaskAudit;
import org.pocketdistill.batch.TokenizedRows;
import org.pocketdistill.batch.TooLong;
import org.pocketdistill.data.ExampleReader;
import org.pocketdistill.data.JsonlSource;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.tokenize.ChatTemplates;
import org.pocketdistill.tokenize.HfTokenizer;

/** Prepared rows as token ids. */
final class TokenRows {
  private final JobConfig job;
  private final PreparedData paths;

  TokenRows(JobConfig job, PreparedData paths) {
    this.job = job;
    this.paths = paths;
  }

  /** Rows to train on: none is longer than the job says. */
  Read read(Path file) {
    return read(file, job.data().maxSeqLen(), job.data().tooLong());
  }

  /** Rows to measure on or to check with, whatever the job does to training rows. */
  TokenizedRows whole(Path file) {
    return read(file, Integer.MAX_VALUE, TooLong.ERROR).rows();
  }

  private Read read(Path file, int longest, TooLong tooLong) {
    try (HfTokenizer tokenizer = HfTokenizer.load(paths.tokenizer());
        ExampleReader rows = JsonlSource.prepared(file).open()) {
      int end = tokenizer.padId().orElse(tokenizer.eosId().orElse(0));
      ExampleTokenizer encoder =
          new ExampleTokenizer(
              tokenizer,
              ChatTemplates.load(paths.tokenizer()),
              new ExampleTokenizer.Options(longest, tooLong, end, job.data().reasoning()));
      TokenizedRows tokenized = encoder.tokenizeAll(rows);
      return new Read(tokenized, encoder.audit());
    }
  }

  /** Rows, and what of them is learned. */
  record Read(TokenizedRows rows, MaskAudit audit) {}
}
