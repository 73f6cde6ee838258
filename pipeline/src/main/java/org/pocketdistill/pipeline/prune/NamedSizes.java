package org.pocketdistill.pipeline.prune;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.pocketdistill.pipeline.config.PruneConfig;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.ModelSizes;

/** The sizes that a job names for its student, seen from the teacher. */
public final class NamedSizes {
  /** Share of the query heads that preset heads_30 keeps. */
  static final double HEADS_KEPT = 0.7;

  private NamedSizes() {}

  /**
   * What is wrong with them for this teacher: message by key of {@link PruneConfig}; empty if they
   * are right.
   */
  public static Map<String, String> problems(PruneConfig prune, ModelConfig teacher) {
    Map<String, String> problems = new TreeMap<>();
    atMost(problems, "num_hidden_layers", prune.numHiddenLayers(), teacher.numHiddenLayers());
    atMost(problems, "hidden_size", prune.hiddenSize(), teacher.hiddenSize());
    atMost(problems, "intermediate_size", prune.intermediateSize(), teacher.intermediateSize());
    atMost(problems, "num_attention_heads", prune.numAttentionHeads(), teacher.numAttentionHeads());
    atMost(problems, "num_key_value_heads", prune.numKeyValueHeads(), teacher.numKeyValueHeads());
    atMost(problems, "vocab_size", prune.vocabSize(), teacher.vocabSize());
    prune.layers().stream()
        .filter(layer -> layer >= teacher.numHiddenLayers())
        .findFirst()
        .ifPresent(
            layer ->
                problems.put(
                    "layers",
                    "layer %d, the teacher has layers 0 to %d"
                        .formatted(layer, teacher.numHiddenLayers() - 1)));
    if (problems.isEmpty()) {
      heads(problems, of(prune, teacher), teacher);
    }
    return problems;
  }

  private static void atMost(
      Map<String, String> problems, String key, Optional<Integer> value, int most) {
    if (value.isPresent() && value.get() > most) {
      problems.put(key, "%d, expected at most the teacher's %d".formatted(value.get(), most));
    }
  }

  private static void heads(Map<String, String> problems, ModelSizes sizes, ModelConfig teacher) {
    int keys = sizes.numKeyValueHeads();
    int group = teacher.numAttentionHeads() / teacher.numKeyValueHeads();
    if (sizes.numAttentionHeads() % keys != 0 || sizes.numAttentionHeads() / keys > group) {
      List<String> allowed = new ArrayList<>();
      for (int each = 1; each <= group; each++) {
        allowed.add(Integer.toString(each * keys));
      }
      problems.put(
          "num_attention_heads",
          "%d query heads for %d key and value heads, expected %s: each of those keeps equally many of its %d"
              .formatted(sizes.numAttentionHeads(), keys, String.join(", ", allowed), group));
    }
  }

  /** The sizes that are named, and the teacher's where none is. */
  public static ModelSizes of(PruneConfig prune, ModelConfig teacher) {
    int[] heads = heads(prune, teacher);
    int layers =
        prune.layers().isEmpty()
            ? prune.numHiddenLayers().orElse(teacher.numHiddenLayers())
            : prune.layers().size();
    return new ModelSizes(
        teacher.vocabSize(),
        prune.hiddenSize().orElse(teacher.hiddenSize()),
        prune.intermediateSize().orElse(teacher.intermediateSize()),
        layers,
        heads[0],
        heads[1]);
  }

  /** Query heads, and key and value heads. */
  private static int[] heads(PruneConfig prune, ModelConfig teacher) {
    if (prune.preset().isPresent()) {
      return heads(HEADS_KEPT, teacher);
    }
    int keys = prune.numKeyValueHeads().orElse(teacher.numKeyValueHeads());
    int group = teacher.numAttentionHeads() / teacher.numKeyValueHeads();
    return new int[] {prune.numAttentionHeads().orElse(keys * group), keys};
  }

  /** The nearest to this share of the query heads, with as many key and value heads as can be. */
  static int[] heads(double share, ModelConfig teacher) {
    int group = teacher.numAttentionHeads() / teacher.numKeyValueHeads();
    int[] best = {teacher.numAttentionHeads(), teacher.numKeyValueHeads()};
    double distance = Double.MAX_VALUE;
    for (int keys = teacher.numKeyValueHeads(); keys > 0; keys--) {
      for (int each = group; each > 0; each--) {
        double away = Math.abs(keys * each - share * teacher.numAttentionHeads());
        if (away < distance - 1e-9) {
          distance = away;
          best = new int[] {keys * each, keys};
        }
      }
    }
    return best;
  }
}
