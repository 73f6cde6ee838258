package org.pocketdistill.pipeline.config;

import java.util.List;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Rules;

/** How a student learns the teacher's hidden states. */
public record HiddenStatesConfig(
    @Key(
            value = "weight of this loss, beside divergence and cross entropy",
            defaultValue = "1",
            min = 0)
        double weight,
    @Key(value = "distance of two states", defaultValue = "cosine") Distance loss,
    @Key(
            value =
                "pairs [student's state, teacher's state]; 0 is the embedding, i the output of the"
                    + " i-th layer; default: every layer of the student, spread evenly over the teacher's",
            defaultValue = "[]",
            min = 0)
        List<List<Integer>> pairs)
    implements Checked {

  public HiddenStatesConfig {
    pairs = List.copyOf(pairs);
  }

  @Override
  public List<Contradiction> contradictions() {
    Rules rules = new Rules();
    for (int i = 0; i < pairs.size(); i++) {
      rules.require(
          pairs.get(i).size() == 2,
          pairs.get(i) + ": expected two numbers, the student's state and the teacher's",
          "pairs." + i);
    }
    return rules.broken();
  }

  /** Distance of two hidden states. */
  public enum Distance {
    COSINE,
    MSE
  }
}
