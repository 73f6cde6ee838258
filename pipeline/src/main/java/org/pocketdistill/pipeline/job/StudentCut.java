package org.pocketdistill.pipeline.job;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.config.PruneConfig;
import org.pocketdistill.pipeline.distill.StudentObjective;
import org.pocketdistill.pipeline.distill.TokenLoss;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.HfConfigFile;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.ModelSizes;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.model.Weights;
import org.pocketdistill.pipeline.plan.PruneSearch;
import org.pocketdistill.pipeline.prune.Cut;
import org.pocketdistill.pipeline.prune.CutWeights;
import org.pocketdistill.pipeline.prune.Importance;
import org.pocketdistill.pipeline.prune.NamedSizes;
import org.pocketdistill.pipeline.prune.SizeSearch;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Torch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Cuts the student out of the teacher: tokens first, then layers, channels, heads and neurons. */
final class StudentCut {
  private static final Logger LOG = LoggerFactory.getLogger("student");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final double MEGABYTE = 1e6;
  private static final int BATCH = 4;

  /** Tokens that each candidate of a search is scored on. */
  private static final int SCORED_TOKENS = 4096;

  private final JobConfig job;
  private final PruneConfig prune;
  private final PreparedData data;
  private final TrainedModel teacher;
  private final ObjectNode outputs = JSON.createObjectNode();

  StudentCut(JobConfig job, PreparedData data, TrainedModel teacher) {
    this.job = job;
    this.prune = job.student().prune().orElseThrow();
    this.data = data;
    this.teacher = teacher;
  }

  /** Writes the student into a folder and returns what people want to know of the cut. */
  ObjectNode run(Path folder) throws IOException {
    StoredModel origin = StoredModel.open(teacher.folder());
    NamedSizes.problems(prune, origin.config())
        .forEach(
            (key, problem) -> {
              throw new DataException("student.prune." + key + ": " + problem);
            });
    StudentVocabulary vocabulary = StudentVocabulary.cut(prune, data, new TokenRows(job, data));
    PreparedData own = vocabulary.write(job, data, folder);
    try (Decoder source = vocabulary.decoder(origin)) {
      List<Batch> batches = calibration(own);
      LOG.info("{} weights; importance of its parts on {} rows", count(source), batches.size());
      Importance importance = Importance.measure(source, batches);
      outputs.put("calibration_tokens", importance.tokens());
      outputs.set("block_influence", JSON.valueToTree(importance.blockInfluence()));
      List<Batch> scored = first(batches, SCORED_TOKENS);
      outputs.put("teacher_loss", loss(source, scored));
      ModelConfig from = vocabulary.renumbered(source.config());
      Choice best = best(source, from, importance, scored);
      save(source, from, best, own, folder);
      HfConfigFile.carryGenerationSettings(origin.path(), folder);
    }
    return outputs;
  }

  private List<Batch> calibration(PreparedData own) {
    return new RowBatches(job, own).first(own.train(), BATCH, prune.calibrationTokens());
  }

  private static List<Batch> first(List<Batch> batches, long tokens) {
    List<Batch> first = new ArrayList<>();
    long found = 0;
    for (Batch batch : batches) {
      if (found < tokens) {
        first.add(batch);
        found += (long) batch.rows() * batch.length();
      }
    }
    return first;
  }

  private Choice best(Decoder source, ModelConfig from, Importance importance, List<Batch> scored) {
    List<Choice> choices = new ArrayList<>();
    for (ModelSizes sizes : candidates(from)) {
      Cut cut = cut(importance, from, sizes);
      ModelConfig config = from.withSizes(sizes);
      try (Decoder candidate =
          new Decoder(config, CutWeights.of(source.weights(), config, cut), ComputeDtype.FP32, 0)) {
        choices.add(new Choice(sizes, cut, config.parameters(), loss(candidate, scored)));
      }
      LOG.info("{}", choices.get(choices.size() - 1));
    }
    if (prune.isSearch()) {
      choices.forEach(choice -> outputs.withArray("candidates").add(choice.json()));
    }
    return choices.stream().min(Comparator.comparingDouble(Choice::loss)).orElseThrow();
  }

  private List<ModelSizes> candidates(ModelConfig from) {
    if (!prune.isSearch()) {
      return List.of(NamedSizes.of(prune, from));
    }
    SizeSearch search = PruneSearch.of(prune, from, job.export().contextLength());
    List<ModelSizes> candidates = search.candidates();
    if (candidates.isEmpty()) {
      ModelSizes nearest = search.nearest();
      throw new DataException(
          ("student.prune: no candidate reaches the target of %s; the nearest is %s, with %s."
                  + " Change the target, name other sizes, or let fewer tokens stay (vocab_size)")
              .formatted(target(prune), nearest, cost(prune, search.cost(nearest))));
    }
    return candidates;
  }

  private static String target(PruneConfig prune) {
    return prune
        .targetParameters()
        .map(target -> String.format(Locale.ROOT, "%,d parameters", target))
        .orElseGet(() -> prune.targetPackageMb().orElseThrow() + " MB");
  }

  private static String cost(PruneConfig prune, long cost) {
    return prune.targetParameters().isPresent()
        ? String.format(Locale.ROOT, "%,d parameters", cost)
        : String.format(Locale.ROOT, "%.1f MB", cost / MEGABYTE);
  }

  private Cut cut(Importance importance, ModelConfig from, ModelSizes sizes) {
    int[] layers =
        prune.layers().isEmpty()
            ? Cut.layers(importance, sizes.numHiddenLayers())
            : prune.layers().stream().mapToInt(Integer::intValue).sorted().toArray();
    return Cut.of(importance, from, sizes, layers);
  }

  private static double loss(Decoder decoder, List<Batch> batches) {
    try (TokenLoss loss = TokenLoss.crossEntropy(ComputeDtype.FP32);
        NDManager scope = Torch.newManager()) {
      NDArray frozen = scope.zeros(new Shape(0), DataType.FLOAT32);
      StudentObjective objective =
          StudentObjective.crossEntropy(
              new StudentObjective.Learner(decoder, decoder.noAdapters(), frozen), loss);
      long learned = batches.stream().mapToLong(Batch::learnedTokens).sum();
      return batches.stream().mapToDouble(objective::measure).sum() / Math.max(1, learned);
    }
  }

  private void save(Decoder source, ModelConfig from, Choice best, PreparedData own, Path folder)
      throws IOException {
    ModelConfig config = from.withSizes(best.sizes());
    try (Weights weights = CutWeights.of(source.weights(), config, best.cut())) {
      ModelFolders.save(folder, config, weights, own.tokenizer());
    }
    outputs
        .put("parameters", config.parameters())
        .put("loss", best.loss())
        .put("sizes", best.sizes().toString());
    outputs.set("layers", JSON.valueToTree(best.cut().layers()));
  }

  private static String count(Decoder decoder) {
    return String.format(Locale.ROOT, "%,d", decoder.config().parameters());
  }

  /** One way to cut, and the cross entropy of the calibration rows after it, untrained. */
  private record Choice(ModelSizes sizes, Cut cut, long parameters, double loss) {
    ObjectNode json() {
      return JSON.createObjectNode()
          .put("sizes", sizes.toString())
          .put("parameters", parameters)
          .put("loss", loss);
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%s: %,d parameters, loss %.3f before it learns, layers %s",
          sizes,
          parameters,
          loss,
          Arrays.toString(cut.layers()));
    }
  }
}
