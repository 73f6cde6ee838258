package org.pocketdistill.pipeline.prune;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.ModelSizes;

/**
 * What stays of a decoder, by number in the whole one, ascending.
 *
 * @param layers that stay
 * @param hidden channels of the residual stream that stay
 * @param neurons of the MLP that stay, for each layer that stays
 * @param queryHeads that stay, for each layer that stays
 * @param keyValueHeads that stay, for each layer that stays
 */
public record Cut(
    int[] layers,
    int[] hidden,
    List<int[]> neurons,
    List<int[]> queryHeads,
    List<int[]> keyValueHeads) {

  /**
   * Keeps the most important parts. Of each group of query heads that share a key head, the same
   * number stays; a group goes as a whole, the least important one first.
   *
   * @param layers that stay
   */
  public static Cut of(Importance importance, ModelConfig from, ModelSizes to, int[] layers) {
    List<int[]> neurons = new ArrayList<>();
    List<int[]> queries = new ArrayList<>();
    List<int[]> keys = new ArrayList<>();
    for (int layer : layers) {
      neurons.add(largest(importance.neurons().get(layer), to.intermediateSize()));
      Heads heads = Heads.of(importance.heads().get(layer), from, to);
      queries.add(heads.queries);
      keys.add(heads.keys);
    }
    return new Cut(layers, largest(importance.hidden(), to.hiddenSize()), neurons, queries, keys);
  }

  /** The layers with the largest block influence, ascending. */
  public static int[] layers(Importance importance, int count) {
    return largest(importance.blockInfluence(), count);
  }

  private static int[] largest(double[] scores, int count) {
    return IntStream.range(0, scores.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -scores[i]))
        .limit(count)
        .mapToInt(Integer::intValue)
        .sorted()
        .toArray();
  }

  private record Heads(int[] queries, int[] keys) {
    static Heads of(double[] scores, ModelConfig from, ModelSizes to) {
      int group = from.numAttentionHeads() / from.numKeyValueHeads();
      double[] groups = new double[from.numKeyValueHeads()];
      for (int i = 0; i < scores.length; i++) {
        groups[i / group] += scores[i] * scores[i];
      }
      int[] keys = largest(groups, to.numKeyValueHeads());
      int each = to.numAttentionHeads() / to.numKeyValueHeads();
      int[] queries =
          Arrays.stream(keys)
              .flatMap(
                  key -> {
                    double[] own = Arrays.copyOfRange(scores, key * group, (key + 1) * group);
                    return Arrays.stream(largest(own, each)).map(i -> key * group + i);
                  })
              .toArray();
      return new Heads(queries, keys);
    }
  }
}
