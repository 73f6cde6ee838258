package org.pocketdistill.pipeline.prune;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.pocketdistill.pipeline.config.PruneConfig;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.ModelSizes;

/**
 * Sizes of students that come close to a limit from below.
 *
 * <p>Layers, hidden channels and heads are tried in steps; for each choice the widest MLP that fits
 * is taken. Of those with equally many layers the one whose parts shrink most evenly stays, with
 * heads and hidden channels kept rather than neurons (Minitron trims MLPs first).
 */
public final class SizeSearch {
  /** A candidate further below the limit wastes it. */
  private static final double LEAST_SHARE = 0.9;

  private static final double FEWEST_LAYERS = 1.0 / 3;
  private static final double NARROWEST = 0.4;
  private static final double THINNEST_MLP = 0.2;
  private static final int STEPS = 12;

  private final PruneConfig prune;
  private final ModelConfig teacher;
  private final ModelSizes named;
  private final long limit;
  private final ToLongFunction<ModelConfig> cost;

  /**
   * A search.
   *
   * @param vocabSize of the student
   * @param limit most that a student may cost
   * @param cost of a student, for example its parameters
   */
  public SizeSearch(
      PruneConfig prune,
      ModelConfig teacher,
      int vocabSize,
      long limit,
      ToLongFunction<ModelConfig> cost) {
    this.prune = prune;
    this.teacher = teacher;
    this.named = NamedSizes.of(prune, teacher).withVocabSize(vocabSize);
    this.limit = limit;
    this.cost = cost;
  }

  /** Candidates, the most even one first; empty if none fits. */
  public List<ModelSizes> candidates() {
    TreeMap<Integer, ModelSizes> best = new TreeMap<>();
    for (ModelSizes frame : frames()) {
      widest(frame)
          .filter(sizes -> cost(sizes) >= LEAST_SHARE * limit)
          .ifPresent(
              sizes ->
                  best.merge(
                      sizes.numHiddenLayers(),
                      sizes,
                      (a, b) -> unevenness(a) <= unevenness(b) ? a : b));
    }
    List<ModelSizes> all = new ArrayList<>(best.values());
    all.sort(Comparator.comparingDouble(this::unevenness));
    return all.subList(0, Math.min(prune.candidates(), all.size()));
  }

  /** What comes nearest to the limit, for a message where nothing fits. */
  public ModelSizes nearest() {
    Optional<ModelSizes> below =
        frames().stream()
            .map(this::widest)
            .flatMap(Optional::stream)
            .max(Comparator.comparingLong(this::cost));
    return below.orElseGet(
        () ->
            frames().stream()
                .map(frame -> withMlp(frame, thinnest()))
                .min(Comparator.comparingLong(this::cost))
                .orElseThrow());
  }

  /** What a student of these sizes costs. */
  public long cost(ModelSizes sizes) {
    return cost.applyAsLong(teacher.withSizes(sizes));
  }

  private List<ModelSizes> frames() {
    List<ModelSizes> frames = new ArrayList<>();
    for (int layers : layers()) {
      for (int hidden : widths(prune.hiddenSize(), teacher.hiddenSize(), NARROWEST)) {
        for (int[] heads : heads()) {
          frames.add(
              new ModelSizes(
                  named.vocabSize(), hidden, named.intermediateSize(), layers, heads[0], heads[1]));
        }
      }
    }
    return frames;
  }

  private List<Integer> layers() {
    if (!prune.layers().isEmpty() || prune.numHiddenLayers().isPresent()) {
      return List.of(named.numHiddenLayers());
    }
    int fewest = (int) Math.max(1, Math.ceil(FEWEST_LAYERS * teacher.numHiddenLayers()));
    return IntStream.rangeClosed(fewest, teacher.numHiddenLayers()).boxed().toList();
  }

  private List<int[]> heads() {
    boolean isNamed =
        prune.preset().isPresent()
            || prune.numAttentionHeads().isPresent()
            || prune.numKeyValueHeads().isPresent();
    int[] all = {named.numAttentionHeads(), named.numKeyValueHeads()};
    return isNamed ? List.of(all) : List.of(all, NamedSizes.heads(NamedSizes.HEADS_KEPT, teacher));
  }

  private static List<Integer> widths(Optional<Integer> name, int whole, double least) {
    if (name.isPresent()) {
      return List.of(name.get());
    }
    int step = step(whole);
    return IntStream.rangeClosed(0, STEPS)
        .map(i -> (int) (whole * (1 - (1 - least) * i / STEPS)))
        .map(width -> Math.max(step, width / step * step))
        .distinct()
        .boxed()
        .toList();
  }

  /** Widths that products are fast with; small models have small steps. */
  private static int step(int whole) {
    return whole >= 256 ? 32 : 4;
  }

  private int thinnest() {
    return Math.max(
        step(teacher.intermediateSize()), (int) (THINNEST_MLP * teacher.intermediateSize()));
  }

  private Optional<ModelSizes> widest(ModelSizes frame) {
    return widths(prune.intermediateSize(), teacher.intermediateSize(), THINNEST_MLP, frame)
        .filter(sizes -> cost(sizes) <= limit)
        .findFirst();
  }

  private Stream<ModelSizes> widths(
      Optional<Integer> name, int whole, double least, ModelSizes frame) {
    if (name.isPresent()) {
      return Stream.of(withMlp(frame, name.get()));
    }
    int step = step(whole);
    int most = whole / step;
    int fewest = Math.max(1, (int) (least * whole) / step);
    return IntStream.rangeClosed(0, most - fewest).mapToObj(i -> withMlp(frame, (most - i) * step));
  }

  private static ModelSizes withMlp(ModelSizes sizes, int intermediate) {
    return new ModelSizes(
        sizes.vocabSize(),
        sizes.hiddenSize(),
        intermediate,
        sizes.numHiddenLayers(),
        sizes.numAttentionHeads(),
        sizes.numKeyValueHeads());
  }

  /** How differently the parts shrink; neurons may shrink more, heads and channels should not. */
  private double unevenness(ModelSizes sizes) {
    double layers = Math.log((double) sizes.numHiddenLayers() / teacher.numHiddenLayers());
    double hidden = Math.log((double) sizes.hiddenSize() / teacher.hiddenSize());
    double neurons = Math.log((double) sizes.intermediateSize() / teacher.intermediateSize());
    double heads = Math.log((double) sizes.numAttentionHeads() / teacher.numAttentionHeads());
    double[] parts = {layers, 1.5 * hidden, 0.8 * neurons, heads};
    double mean = DoubleStream.of(parts).average().orElseThrow();
    return DoubleStream.of(parts).map(part -> (part - mean) * (part - mean)).sum();
  }
}
