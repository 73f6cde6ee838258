package org.pocketdistill.pipeline.config;

import java.util.List;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Rules;

/**
 * On-policy distillation (GKD, arXiv 2306.13649): the student answers, and learns the teacher's
 * distributions over its own answers.
 */
public record OnPolicyConfig(
    @Key(
            value = "share of micro-batches whose answers the student writes",
            defaultValue = "0.5",
            min = 0,
            max = 1)
        double lambda,
    @Key(
            value = "of the student's draws; 0 takes the most probable token",
            defaultValue = "0.9",
            min = 0,
            max = 100)
        double temperature,
    @Key(
            value = "draws among the fewest tokens with this share of the probability; 1 for all",
            defaultValue = "1",
            min = 0,
            max = 1)
        double topP,
    @Key(value = "most tokens of an answer", defaultValue = "64", min = 1) int maxNewTokens)
    implements Checked {

  @Override
  public List<Contradiction> contradictions() {
    return new Rules()
        .require(
            temperature > 0 || topP == 1,
            "temperature 0 takes the most probable token; top_p needs a temperature above 0",
            "top_p",
            "temperature")
        .broken();
  }
}
