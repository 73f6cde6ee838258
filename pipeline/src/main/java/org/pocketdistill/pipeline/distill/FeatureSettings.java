package org.pocketdistill.pipeline.distill;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.config.DistillConfig;
import org.pocketdistill.pipeline.config.HiddenStatesConfig;
import org.pocketdistill.pipeline.config.HiddenStatesConfig.Distance;
import org.pocketdistill.pipeline.config.RelationsConfig;
import org.pocketdistill.pipeline.model.ModelConfig;

/**
 * What of a teacher's inside a student learns, for two models of known shapes.
 *
 * @param pairs hidden states that are compared
 * @param relations relations that are compared
 */
public record FeatureSettings(List<StatePair> pairs, Optional<Relations> relations) {
  /** Nothing. */
  public static final FeatureSettings NONE = new FeatureSettings(List.of(), Optional.empty());

  /**
   * Settings of a job.
   *
   * @throws DataException if they ask for a layer that a model does not have, or for heads that its
   *     width cannot be split into
   */
  public static FeatureSettings of(DistillConfig config, ModelConfig student, ModelConfig teacher) {
    List<StatePair> pairs = new ArrayList<>();
    config.hiddenStates().ifPresent(hidden -> pairs.addAll(pairs(hidden, student, teacher)));
    return new FeatureSettings(
        List.copyOf(pairs),
        config.relations().map(relations -> relations(relations, student, teacher)));
  }

  /** Whether there is nothing to learn. */
  public boolean isNone() {
    return pairs.isEmpty() && relations.isEmpty();
  }

  static List<StatePair> pairs(
      HiddenStatesConfig config, ModelConfig student, ModelConfig teacher) {
    int own = student.numHiddenLayers();
    int taught = teacher.numHiddenLayers();
    List<int[]> states = new ArrayList<>();
    if (config.pairs().isEmpty()) {
      for (int i = 1; i <= own; i++) {
        states.add(new int[] {i, Math.round((float) i * taught / own)});
      }
    } else {
      config.pairs().forEach(pair -> states.add(new int[] {pair.get(0), pair.get(1)}));
    }
    List<StatePair> pairs = new ArrayList<>();
    for (int[] pair : states) {
      inRange("hidden_states.pairs", "the student's state", pair[0], own);
      inRange("hidden_states.pairs", "the teacher's state", pair[1], taught);
      boolean narrower = student.hiddenSize() != teacher.hiddenSize();
      double weight = config.weight() / states.size();
      pairs.add(new StatePair(pair[0], pair[1], config.loss(), weight, narrower));
    }
    return pairs;
  }

  private static Relations relations(
      RelationsConfig config, ModelConfig student, ModelConfig teacher) {
    int heads =
        config
            .heads()
            .orElseGet(
                () ->
                    BigInteger.valueOf(student.numAttentionHeads())
                        .gcd(BigInteger.valueOf(teacher.numAttentionHeads()))
                        .intValue());
    divides("the student's", heads, student.numAttentionHeads() * student.headDim());
    divides("the teacher's", heads, teacher.numAttentionHeads() * teacher.headDim());
    int own = config.studentLayer().orElse(student.numHiddenLayers());
    int taught = config.teacherLayer().orElse(teacher.numHiddenLayers());
    inRange("relations.student_layer", "layer", own, student.numHiddenLayers());
    inRange("relations.teacher_layer", "layer", taught, teacher.numHiddenLayers());
    return new Relations(own - 1, taught - 1, heads, config.weight());
  }

  private static void inRange(String key, String what, int value, int most) {
    if (value > most) {
      throw new DataException(
          "distill.%s: %s %d, expected at most %d, its number of layers"
              .formatted(key, what, value, most));
    }
  }

  private static void divides(String whose, int heads, int width) {
    if (width % heads != 0) {
      throw new DataException(
          "distill.relations.heads: %d, expected a divisor of %s query width %d"
              .formatted(heads, whose, width));
    }
  }

  /**
   * Two hidden states; 0 is the embedding, i the output of layer i − 1.
   *
   * @param weight of this pair's loss
   * @param projected whether the student's is brought to the teacher's width first
   */
  public record StatePair(
      int student, int teacher, Distance distance, double weight, boolean projected) {}

  /** Layers, from 0, whose attention relations are compared in so many relation heads. */
  public record Relations(int studentLayer, int teacherLayer, int heads, double weight) {}
}
