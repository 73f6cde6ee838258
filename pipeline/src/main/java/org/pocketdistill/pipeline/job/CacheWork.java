package org.pocketdistill.pipeline.job;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.batch.Batches;
import org.pocketdistill.pipeline.cache.CacheStatistics;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.job.ModelTraining.From;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.PrecisionChoice;

/**
 * What can be done with a teacher's cache before the student is trained.
 *
 * @param distilled folder of the stage that distils
 * @param start the student before it
 */
record CacheWork(JobConfig job, PreparedData data, From from, Path distilled, TrainedModel start) {
  private static final List<Integer> COMPARED = List.of(8, 16, 32, 64, 128, 256);

  /** Something that is done with it. */
  @FunctionalInterface
  interface Step<T> {
    T run(CacheWork work) throws IOException;
  }

  CacheStatistics fill() throws IOException {
    TrainConfig train = job.distill().train();
    ModelConfig student = StoredModel.open(start.folder()).config();
    try (TeacherSource source = TeacherSource.open(from, train, precision(train), student)) {
      Batches batches = new RowBatches(job, data).of(data.train(), train.batchSize());
      return new CacheBuild(source.cached().orElseThrow(), batches, train).run();
    }
  }

  private static ComputeDtype precision(TrainConfig train) {
    return switch (train.precision()) {
      case FP32 -> ComputeDtype.FP32;
      case BF16 -> ComputeDtype.BF16;
      case AUTO -> PrecisionChoice.measure().dtype();
    };
  }

  TopKComparison.Result compare(int positions) throws IOException {
    boolean trained = StageFile.read(distilled).path("status").asText().equals("done");
    Path model = trained ? distilled.resolve("model") : start.folder();
    try (Decoder student = StoredModel.open(model).decoder(ComputeDtype.FP32);
        Decoder teacher = from.decoder(ComputeDtype.FP32, student.config())) {
      double temperature = job.distill().temperature();
      int vocabSize = student.config().vocabSize();
      List<Integer> ks = COMPARED.stream().filter(k -> k <= vocabSize).toList();
      return new TopKComparison(teacher, student, temperature)
          .run(model.toString(), some(positions), ks);
    }
  }

  /** Batches of dev rows, or of training rows if there are none, until they have enough tokens. */
  private List<Batch> some(int positions) throws IOException {
    Path file = Files.size(data.dev()) > 0 ? data.dev() : data.train();
    Batches batches = new RowBatches(job, data).of(file, 1);
    List<Batch> chosen = new ArrayList<>();
    long learned = 0;
    for (int i = 0; i < batches.microBatchesPerEpoch() && learned < positions; i++) {
      chosen.add(batches.get(i));
      learned += batches.learnedTokens(i);
    }
    return chosen;
  }
}
