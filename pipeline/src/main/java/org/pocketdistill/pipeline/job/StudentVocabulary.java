package org.pocketdistill.pipeline.job;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import org.pocketdistill.batch.TokenizedExample;
import org.pocketdistill.batch.TokenizedRows;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.config.PruneConfig;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.tokenize.HfTokenizer;
import org.pocketdistill.tokenize.VocabularyCut;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tokens that a student cut out of a teacher keeps.
 *
 * @param kept the teacher's ids of them, ascending; empty if it keeps all
 */
record StudentVocabulary(Optional<int[]> kept) {
  private static final Logger LOG = LoggerFactory.getLogger("student");

  /** Picks the tokens by their use in all rows that the job trains on. */
  static StudentVocabulary cut(PruneConfig prune, PreparedData data, TokenRows rows)
      throws IOException {
    if (!prune.cutsVocabulary()) {
      return new StudentVocabulary(Optional.empty());
    }
    int size;
    try (HfTokenizer tokenizer = HfTokenizer.load(data.tokenizer())) {
      size = tokenizer.vocabSize();
    }
    long[] counts = new long[size];
    data.trainingFiles().forEach(file -> count(rows.whole(file), counts));
    int[] kept =
        VocabularyCut.of(data.tokenizer())
            .keep(counts, prune.minTokenCount(), prune.vocabSize().orElse(Integer.MAX_VALUE));
    long used = Arrays.stream(counts).filter(count -> count > 0).count();
    LOG.info("{} of {} tokens stay; the training rows use {}", kept.length, size, used);
    return new StudentVocabulary(Optional.of(kept));
  }

  private static void count(TokenizedRows rows, long[] counts) {
    for (int i = 0; i < rows.size(); i++) {
      for (int id : rows.get(i).inputIds()) {
        counts[id]++;
      }
    }
  }

  /** Writes the student's tokenizer, and returns the data as the student reads it. */
  PreparedData write(JobConfig job, PreparedData data, Path folder) throws IOException {
    ModelFolders.copyTokenizer(data.tokenizer(), folder);
    if (kept.isEmpty()) {
      return data;
    }
    VocabularyCut.of(data.tokenizer()).write(folder, kept.get());
    PreparedData own = data.withTokenizer(folder);
    verify(
        new TokenRows(job, data).whole(data.train()), new TokenRows(job, own).whole(data.train()));
    return own;
  }

  /** A text whose tokens all stay must be cut into the same tokens as before. */
  private void verify(TokenizedRows before, TokenizedRows after) {
    for (int i = 0; i < before.size(); i++) {
      TokenizedExample row = before.get(i);
      int[] ids = Arrays.stream(row.inputIds()).map(this::newId).toArray();
      boolean same = Arrays.equals(ids, after.get(i).inputIds());
      if (!same && IntStream.of(ids).allMatch(id -> id >= 0)) {
        throw new IllegalStateException(
            "row %s is cut into other tokens by the smaller vocabulary".formatted(row.id()));
      }
    }
  }

  private int newId(int id) {
    return kept.map(ids -> Math.max(-1, Arrays.binarySearch(ids, id))).orElse(id);
  }

  /** The teacher with the student's tokens. */
  Decoder decoder(StoredModel origin) throws IOException {
    return kept.isPresent()
        ? origin.decoder(ComputeDtype.FP32, kept.get())
        : origin.decoder(ComputeDtype.FP32);
  }

  /** The configuration with the student's ids of the tokens that end and pad a text. */
  ModelConfig renumbered(ModelConfig config) {
    return config.withTokenIds(this::newId);
  }
}
