package org.pocketdistill.pipeline.job;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.pocketdistill.batch.Batches;
import org.pocketdistill.eval.result.AtomicFile;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.PrecisionChoice;
import org.pocketdistill.pipeline.train.BatchSource;
import org.pocketdistill.pipeline.train.MasterWeights;
import org.pocketdistill.pipeline.train.StopSignal;
import org.pocketdistill.pipeline.train.TrainLoop;
import org.pocketdistill.pipeline.train.TrainSummary;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Trainings of a job: the batches, the precision and the number of steps of each. */
final class Training {
  private static final Logger LOG = LoggerFactory.getLogger("train");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final JobConfig job;
  private final PreparedData data;
  private final StopSignal stop;

  Training(JobConfig job, PreparedData data, StopSignal stop) {
    this.job = job;
    this.data = data;
    this.stop = stop;
  }

  /** Precision of a training; taken once and kept beside its checkpoints, for equal bits. */
  static ComputeDtype precision(TrainConfig config, Path folder) throws IOException {
    Path file = folder.resolve("precision.txt");
    if (Files.exists(file)) {
      return ComputeDtype.valueOf(Files.readString(file).strip());
    }
    PrecisionChoice choice =
        switch (config.precision()) {
          case FP32 -> new PrecisionChoice(ComputeDtype.FP32, "as configured");
          case BF16 -> new PrecisionChoice(ComputeDtype.BF16, "as configured");
          case AUTO -> PrecisionChoice.measure();
        };
    LOG.info("{}: products in {} ({})", folder.getFileName(), choice.dtype(), choice.reason());
    Files.createDirectories(folder);
    AtomicFile.write(file, choice.dtype().name() + "\n");
    return choice.dtype();
  }

  /** The micro-batches of a training on these rows. */
  Batches batches(Path rows, int batchSize) {
    return new RowBatches(job, data).of(rows, batchSize);
  }

  /** Seed of the job's draws. */
  long seed() {
    return job.seed();
  }

  /** Trains, and returns what the report shows of it. */
  ObjectNode run(Work work) throws IOException {
    RowBatches source = new RowBatches(job, data);
    Batches batches = source.of(work.rows(), work.config().batchSize());
    TrainLoop loop =
        new TrainLoop(
            new TrainLoop.Run(
                work.name(),
                work.folder(),
                work.config(),
                job.seed(),
                steps(work.config(), batches.microBatchesPerEpoch()),
                work.batches().apply(batches::get),
                work.watched() ? source.dev(work.config().batchSize()) : List.of(),
                work.parameters(),
                work.masters(),
                work.objectives(),
                stop));
    TrainSummary summary = loop.train();
    ObjectNode saved = work.save().run();
    loop.clearCheckpoints();
    return outputs(summary, batches.fillRate()).setAll(saved);
  }

  private static ObjectNode outputs(TrainSummary summary, double fillRate) {
    ObjectNode outputs = JSON.createObjectNode();
    outputs
        .put("steps", summary.steps())
        .put("loss", summary.loss())
        .put("tokens_per_second", summary.tokensPerSecond())
        .put("learned_tokens_per_second", summary.learnedTokensPerSecond())
        .put("training_seconds", summary.seconds())
        .put("fill_rate", fillRate);
    if (Double.isFinite(summary.devLoss())) {
      outputs.put("dev_loss", summary.devLoss());
    }
    outputs.set("shares", JSON.valueToTree(summary.shares()));
    return outputs;
  }

  static long steps(TrainConfig config, int microBatchesPerEpoch) {
    if (config.maxSteps().isPresent()) {
      return config.maxSteps().get();
    }
    double microBatches = config.numTrainEpochs() * microBatchesPerEpoch;
    return Math.max(1, (long) Math.ceil(microBatches / config.gradientAccumulationSteps()));
  }

  /**
   * One training.
   *
   * @param rows prepared file to train on
   * @param batches what becomes of the batches of these rows
   * @param watched measure the loss on the dev rows as well
   * @param masters of the parameters that hold a function of what is trained
   * @param save writes the whole result, before the checkpoints go
   */
  record Work(
      String name,
      Path folder,
      TrainConfig config,
      Path rows,
      UnaryOperator<BatchSource> batches,
      boolean watched,
      Map<String, NDArray> parameters,
      MasterWeights masters,
      TrainLoop.ObjectiveFactory objectives,
      Save save) {
    /** Trains the parameters themselves, on the rows as they are. */
    Work(
        String name,
        Path folder,
        TrainConfig config,
        Path rows,
        boolean watched,
        Map<String, NDArray> parameters,
        TrainLoop.ObjectiveFactory objectives,
        Save save) {
      this(
          name,
          folder,
          config,
          rows,
          UnaryOperator.identity(),
          watched,
          parameters,
          MasterWeights.NONE,
          objectives,
          save);
    }
  }

  /** Writes a result and returns what people want to know of it. */
  @FunctionalInterface
  interface Save {
    ObjectNode run() throws IOException;
  }
}
