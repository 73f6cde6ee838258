package org.pocketdistill.pipeline.job;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.pocketdistill.batch.Batches;
import org.pocketdistill.pipeline.config.DistillConfig;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.distill.FeatureLoss;
import org.pocketdistill.pipeline.distill.FeatureSettings;
import org.pocketdistill.pipeline.distill.LossSettings;
import org.pocketdistill.pipeline.distill.OnPolicyObjective;
import org.pocketdistill.pipeline.distill.OnPolicySampling;
import org.pocketdistill.pipeline.distill.StudentObjective;
import org.pocketdistill.pipeline.distill.TokenLoss;
import org.pocketdistill.pipeline.lm.TorchDecoder;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.model.StreamedDecoder;
import org.pocketdistill.pipeline.recover.FakeQuantized;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.train.MasterWeights;
import org.pocketdistill.pipeline.train.Objective;
import org.pocketdistill.pipeline.train.Optimizer;
import org.pocketdistill.tokenize.HfTokenizer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Training of all weights of a model, on cross entropy or from a teacher. */
final class ModelTraining {
  private static final Logger LOG = LoggerFactory.getLogger("train");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Training training;
  private final PreparedData data;

  ModelTraining(Training training, PreparedData data) {
    this.training = training;
    this.data = data;
  }

  /**
   * Trains a model into {@code folder/model}.
   *
   * @param start the model before: a folder or a GGUF file
   */
  ObjectNode run(String name, Path folder, Path start, TrainConfig config, Optional<From> teacher)
      throws IOException {
    return run(name, folder, start, config, teacher, Optional.empty());
  }

  /**
   * The same, the model computing with rounded weights while its own are trained; they are what is
   * saved.
   */
  ObjectNode run(
      String name,
      Path folder,
      Path start,
      TrainConfig config,
      Optional<From> teacher,
      Optional<FakeQuantized.Settings> rounding)
      throws IOException {
    ComputeDtype dtype = Training.precision(config, folder);
    LossSettings settings = teacher.map(From::settings).orElse(LossSettings.CROSS_ENTROPY);
    try (Decoder student = StoredModel.open(start).decoder(dtype);
        TokenLoss loss = new TokenLoss(settings, dtype, dtype);
        TeacherSource source =
            teacher.isPresent()
                ? TeacherSource.open(teacher.get(), config, dtype, student.config())
                : null;
        FeatureLoss features = features(student, source, teacher);
        FakeQuantized rounded =
            rounding.map(chosen -> FakeQuantized.of(student, chosen)).orElse(null)) {
      if (source != null && source.fillsAhead()) {
        Batches batches = training.batches(data.train(), config.batchSize());
        new CacheBuild(source.cached().orElseThrow(), batches, config).run();
      }
      Map<String, NDArray> parameters = parameters(student);
      if (features != null) {
        parameters.putAll(features.parameters());
      }
      Optional<OnPolicySampling> own = onPolicy(student, teacher);
      ObjectNode outputs =
          training.run(
              new Training.Work(
                  name,
                  folder,
                  config,
                  data.train(),
                  batches -> own.map(sampling -> sampling.over(batches)).orElse(batches),
                  true,
                  parameters,
                  rounded == null ? MasterWeights.NONE : rounded,
                  optimizer -> {
                    StudentObjective objective =
                        objective(student, source, features, loss, settings, optimizer);
                    return own.<Objective>map(sampling -> onPolicy(sampling, objective))
                        .orElse(objective);
                  },
                  () -> {
                    if (rounded != null) {
                      rounded.reveal();
                    }
                    ObjectNode saved = save(student, dtype, folder.resolve("model"), start);
                    if (source != null) {
                      source.describe(saved);
                    }
                    return saved;
                  }));
      own.ifPresent(sampling -> noteShare(sampling, config, outputs));
      return outputs;
    }
  }

  private Optional<OnPolicySampling> onPolicy(Decoder student, Optional<From> teacher) {
    return teacher
        .flatMap(from -> from.config().onPolicy())
        .map(
            config ->
                new OnPolicySampling(
                    config,
                    new TorchDecoder(student),
                    student.config().eosTokenIds(),
                    training.seed()));
  }

  private static Objective onPolicy(OnPolicySampling sampling, StudentObjective objective) {
    return new OnPolicyObjective(sampling, objective, objective.withoutCrossEntropy());
  }

  private static void noteShare(OnPolicySampling sampling, TrainConfig config, ObjectNode outputs) {
    long microBatches = outputs.path("steps").asLong() * config.gradientAccumulationSteps();
    double share = sampling.share(microBatches);
    LOG.info("the student wrote the answers of a share of {} of the micro-batches", share);
    outputs.put("on_policy_share", share);
  }

  /** Null if nothing of the kind is learned, which is so wherever there is a cache. */
  private FeatureLoss features(Decoder student, TeacherSource teacher, Optional<From> from) {
    if (from.isEmpty() || teacher.live().isEmpty()) {
      return null;
    }
    ModelConfig shape = teacher.live().get().config();
    FeatureSettings settings = FeatureSettings.of(from.get().config(), student.config(), shape);
    return settings.isNone()
        ? null
        : new FeatureLoss(settings, student.config(), shape, training.seed());
  }

  private ObjectNode save(Decoder student, ComputeDtype dtype, Path target, Path start)
      throws IOException {
    ModelFolders.save(target, student, data.tokenizer(), start);
    return JSON.createObjectNode()
        .put("parameters", student.config().parameters())
        .put("precision", dtype.name());
  }

  private static StudentObjective objective(
      Decoder student,
      TeacherSource teacher,
      FeatureLoss features,
      TokenLoss loss,
      LossSettings settings,
      Optimizer optimizer) {
    StudentObjective.Learner learner =
        new StudentObjective.Learner(
            student, student.noAdapters(), optimizer.gradient(student.weights().head()));
    if (teacher == null) {
      return StudentObjective.crossEntropy(learner, loss);
    }
    return features == null
        ? StudentObjective.distil(
            learner, teacher.teacher(FeatureLoss.Wanted.NOTHING), loss, settings)
        : StudentObjective.distil(
            learner, teacher.teacher(features.teacher()), loss, settings, features);
  }

  private static Map<String, NDArray> parameters(Decoder decoder) {
    Map<String, NDArray> parameters = new LinkedHashMap<>();
    decoder.weights().names().forEach(name -> parameters.put(name, decoder.weights().get(name)));
    return parameters;
  }

  /**
   * The teacher, what is learned from it, and the cache that it is kept in.
   *
   * @param tokenizer folder of the tokenizer that makes the rows' ids
   */
  record From(Path folder, Path tokenizer, DistillConfig config, Optional<CacheRequest> cache) {
    LossSettings settings() {
      return LossSettings.of(config);
    }

    /**
     * The teacher on the student's tokens: its distributions are over those alone. Models of one
     * family pad their vocabulary to different sizes; what is beyond the tokenizer's ids means
     * nothing.
     */
    Decoder decoder(ComputeDtype dtype, ModelConfig student) throws IOException {
      StoredModel model = StoredModel.open(folder);
      int[] tokens = tokens(model);
      return tokens.length == 0
          ? model.frozen(dtype, student.vocabSize())
          : model.frozen(dtype, tokens);
    }

    /** The same, read layer by layer. */
    StreamedDecoder streamed(ComputeDtype dtype, ModelConfig student) throws IOException {
      StoredModel model = StoredModel.open(folder);
      int[] tokens = tokens(model);
      boolean all = tokens.length == 0 && student.vocabSize() == model.config().vocabSize();
      int[] first = IntStream.range(0, student.vocabSize()).toArray();
      return StreamedDecoder.open(model, dtype, all || tokens.length > 0 ? tokens : first);
    }

    /** The teacher's ids of the student's tokens; empty if they have the same. */
    private int[] tokens(StoredModel model) {
      try (HfTokenizer known = model.tokenizer();
          HfTokenizer learned = HfTokenizer.load(tokenizer)) {
        return known.difference(learned).isEmpty() ? new int[0] : learned.idsIn(known);
      }
    }

    ModelConfig shape() throws IOException {
      return StoredModel.open(folder).config();
    }
  }
}
