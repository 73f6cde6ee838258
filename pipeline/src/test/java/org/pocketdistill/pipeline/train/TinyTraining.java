package org.pocketdistill.pipeline.train;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.batch.BatchOptions;
import org.pocketdistill.batch.Batches;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.config.TrainConfig.Precision;
import org.pocketdistill.pipeline.config.TrainConfig.Scheduler;
import org.pocketdistill.pipeline.distill.RandomTokens;
import org.pocketdistill.pipeline.distill.StudentObjective;
import org.pocketdistill.pipeline.distill.TokenLoss;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.GoldenCheckpoint;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** Trains a golden checkpoint on random rows, on cross entropy. */
final class TinyTraining implements AutoCloseable {
  static final int SAVE_STEPS = 3;
  private static final int VOCABULARY = 256;
  private static final int LENGTH = 32;

  private final Decoder decoder = GoldenCheckpoint.open("llama_gqa").decoder();
  private final TokenLoss loss = TokenLoss.crossEntropy(ComputeDtype.FP32);
  private final StopSignal stop = new StopSignal();
  private final long seed;
  private final Batches batches;
  private List<Batch> dev = List.of();
  private BatchSource source;
  private MasterWeights masters = MasterWeights.NONE;

  TinyTraining(long seed) {
    this.seed = seed;
    this.batches =
        new Batches(
            RandomTokens.rows(seed, 12, LENGTH, VOCABULARY),
            new BatchOptions(2, LENGTH, true, seed));
    this.source = batches::get;
  }

  /** Where batches come from; the usual source is {@link #batch}. */
  TinyTraining from(BatchSource batchSource) {
    this.source = batchSource;
    return this;
  }

  /** Trains masters; they stay with who gave them. */
  TinyTraining withMasters(MasterWeights given) {
    this.masters = given;
    return this;
  }

  TinyTraining watched() {
    this.dev = List.of(batches.get(0));
    return this;
  }

  Batch batch(long number) {
    return batches.get(number);
  }

  Decoder decoder() {
    return decoder;
  }

  StopSignal stop() {
    return stop;
  }

  TrainSummary train(Path folder, long steps) throws IOException {
    return loop(folder, steps, 1).train();
  }

  TrainLoop loop(Path folder, long steps, int accumulation) throws IOException {
    Map<String, NDArray> parameters = new LinkedHashMap<>();
    decoder.weights().names().forEach(name -> parameters.put(name, decoder.weights().get(name)));
    return new TrainLoop(
        new TrainLoop.Run(
            "tiny",
            folder,
            config(accumulation),
            seed,
            steps,
            source,
            dev,
            parameters,
            masters,
            this::objective,
            stop));
  }

  private Objective objective(Optimizer optimizer) {
    NDArray head = optimizer.gradient(decoder.weights().head());
    return StudentObjective.crossEntropy(
        new StudentObjective.Learner(decoder, decoder.noAdapters(), head), loss);
  }

  private static TrainConfig config(int accumulation) {
    return new TrainConfig(
        1,
        Optional.empty(),
        2,
        accumulation,
        TrainConfig.OptimizerName.ADAMW,
        1e-2,
        Scheduler.CONSTANT,
        0,
        0,
        0.2,
        0.1,
        0.9,
        0.999,
        1e-8,
        1,
        1,
        SAVE_STEPS,
        Precision.FP32);
  }

  /** All weights one after the other. */
  List<float[]> weights() {
    List<float[]> weights = new ArrayList<>();
    decoder.weights().all().forEach(array -> weights.add(array.toFloatArray()));
    return weights;
  }

  @Override
  public void close() {
    loss.close();
    decoder.close();
  }
}
