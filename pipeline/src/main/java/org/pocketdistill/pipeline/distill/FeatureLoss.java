package org.pocketdistill.pipeline.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;
import org.pocketdistill.pipeline.distill.FeatureSettings.Relations;
import org.pocketdistill.pipeline.distill.FeatureSettings.StatePair;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.LayerAdapters;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.TokenBlock;
import org.pocketdistill.pipeline.torch.Arguments;
import org.pocketdistill.pipeline.torch.Kernels;
import org.pocketdistill.pipeline.torch.Torch;

/**
 * Losses on what is inside two models, as means over learned tokens:
 *
 * <pre>
 * cosine     1 − cos(P h_s, h_t)
 * mse        mean over channels of (P h_s − h_t)²
 * relations  Σ over X = Q, K, V of the mean over relation heads of
 *            KL(softmax(X_t X_tᵀ / √d_t) ‖ softmax(X_s X_sᵀ / √d_s))
 * </pre>
 *
 * where P is a learned projector (with bias) if the widths differ (as in TinyBERT, arXiv
 * 1909.10351) and nothing else, and relations are over the keys that a token sees (MiniLM-v2, arXiv
 * 2012.15828, with the causal mask). Owns projectors and kernels; close it.
 */
public final class FeatureLoss implements AutoCloseable {
  private final FeatureSettings settings;
  private final Kernels kernels;
  private final NDManager manager = Torch.newManager();
  private final Map<String, NDArray> parameters = new LinkedHashMap<>();
  private final NDArray none;

  /**
   * Losses between two models.
   *
   * @param seed of the projectors' first draw, U(−√(6 / (in + out)), √(6 / (in + out)))
   */
  public FeatureLoss(
      FeatureSettings settings, ModelConfig student, ModelConfig teacher, long seed) {
    this.settings = settings;
    int heads = settings.relations().map(Relations::heads).orElse(1);
    this.kernels = Kernels.load("Features", Map.of("HEADS", Integer.toString(heads)));
    this.none = Torch.copyOf(manager, new float[0], new Shape(0));
    UniformRandomProvider random = RandomSource.XO_RO_SHI_RO_128_PP.create(seed);
    for (int i = 0; i < settings.pairs().size(); i++) {
      if (settings.pairs().get(i).projected()) {
        int in = student.hiddenSize();
        int out = teacher.hiddenSize();
        float[] weight = new float[in * out];
        double bound = Math.sqrt(6.0 / (in + out));
        for (int k = 0; k < weight.length; k++) {
          weight[k] = (float) (bound * (2 * random.nextDouble() - 1));
        }
        parameters.put(name(i, "weight"), Torch.copyOf(manager, weight, new Shape(out, in)));
        parameters.put(name(i, "bias"), Torch.copyOf(manager, new float[out], new Shape(out)));
      }
    }
  }

  private static String name(int pair, String part) {
    return "projector." + pair + "." + part;
  }

  /** Projectors, which are trained with the student and are no part of it. */
  public Map<String, NDArray> parameters() {
    return new LinkedHashMap<>(parameters);
  }

  /** What to keep of the student's forward pass. */
  public Wanted student() {
    return wanted(StatePair::student, Relations::studentLayer);
  }

  /** What to keep of the teacher's. */
  public Wanted teacher() {
    return wanted(StatePair::teacher, Relations::teacherLayer);
  }

  private Wanted wanted(Function<StatePair, Integer> state, Function<Relations, Integer> layer) {
    Set<Integer> states = new TreeSet<>();
    settings.pairs().forEach(pair -> states.add(state.apply(pair)));
    settings.relations().ifPresent(relations -> states.add(layer.apply(relations)));
    return new Wanted(states, settings.relations().map(layer));
  }

  /**
   * The losses of a micro-batch, recorded, each with its weight and divided by the learned tokens.
   *
   * @param rows [N] index of each learned token among the batch's
   * @param mask attention mask of both models
   * @param learnedTokens of the whole optimiser step
   */
  List<NDArray> losses(
      NDManager scope,
      Inside student,
      Inside teacher,
      NDArray rows,
      NDArray mask,
      long learnedTokens) {
    List<NDArray> losses = new ArrayList<>();
    for (int i = 0; i < settings.pairs().size(); i++) {
      StatePair pair = settings.pairs().get(i);
      Arguments arguments =
          Arguments.of(
              student.states().get(pair.student()),
              teacher.states().get(pair.teacher()),
              rows,
              parameters.getOrDefault(name(i, "weight"), none),
              parameters.getOrDefault(name(i, "bias"), none),
              scale(scope, pair.weight(), learnedTokens));
      String kernel = pair.distance().name().toLowerCase(Locale.ROOT);
      losses.add(kernels.call(scope, kernel, arguments));
    }
    if (settings.relations().isPresent()) {
      Arguments arguments =
          Arguments.of()
              .list(student.attention())
              .list(teacher.attention())
              .tensor(mask)
              .tensor(rows)
              .tensor(scale(scope, settings.relations().get().weight(), learnedTokens));
      losses.add(kernels.call(scope, "relations", arguments));
    }
    return losses;
  }

  private static NDArray scale(NDManager scope, double weight, long learnedTokens) {
    return Torch.copyOf(scope, new float[] {(float) (weight / learnedTokens)}, new Shape());
  }

  /** ⟨x, gradient⟩ + Σ losses, recorded: one backward pass from it serves all. */
  NDArray combined(NDManager scope, NDArray x, NDArray gradient, List<NDArray> losses) {
    return kernels.call(scope, "combined", Arguments.of(x, gradient).list(losses));
  }

  @Override
  public void close() {
    kernels.close();
    manager.close();
  }

  /**
   * What a loss needs of a model's inside.
   *
   * @param states numbers of hidden states; 0 is the embedding, i the output of layer i − 1
   * @param attention layer, from 0, whose queries, keys and values are needed
   */
  public record Wanted(Set<Integer> states, Optional<Integer> attention) {
    /** Nothing at all. */
    public static final Wanted NOTHING = new Wanted(Set.of(), Optional.empty());

    boolean isNothing() {
      return states.isEmpty();
    }

    Inside of(
        NDManager scope,
        Decoder decoder,
        Map<Integer, NDArray> states,
        TokenBlock block,
        LayerAdapters adapters) {
      List<NDArray> compared = new ArrayList<>();
      attention.ifPresent(
          layer ->
              compared.addAll(
                  decoder.attentionStates(scope, layer, states.get(layer), block, adapters)));
      return new Inside(new HashMap<>(states), compared);
    }
  }

  /**
   * Activations of a model on a micro-batch.
   *
   * @param states hidden states [B, T, hidden] by number
   * @param attention queries, keys and values [B, T, query width]; empty if no loss compares them
   */
  public record Inside(Map<Integer, NDArray> states, List<NDArray> attention) {}
}
