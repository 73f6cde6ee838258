package org.pocketdistill.pipeline.config;

import java.util.List;
import java.util.Optional;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Rules;

/**
 * Sequence-level distillation (Kim and Rush, arXiv 1606.07947): the student learns answers that the
 * teacher wrote. The loss on their tokens is the same as on other rows.
 */
public record GeneratedConfig(
    @Key(
            value = "0 takes the most probable token; above, tokens are drawn",
            defaultValue = "0",
            min = 0,
            max = 100)
        double temperature,
    @Key(
            value = "draws among the fewest tokens with this share of the probability; 1 for all",
            defaultValue = "1",
            min = 0,
            max = 1)
        double topP,
    @Key(value = "draws among so many tokens; 0 for all", defaultValue = "0", min = 0) int topK,
    @Key(
            value =
                "logits of tokens that were said before are weakened by this factor; 1 for none",
            defaultValue = "1",
            min = 0.01,
            max = 100)
        double repetitionPenalty,
    @Key(
            value = "tokens within which an answer has to end, or it is left out",
            defaultValue = "128",
            min = 1)
        int maxNewTokens,
    @Key(value = "rows to ask, drawn from the training rows; default: all", min = 1)
        Optional<Integer> rows,
    @Key(value = "what an answer must fulfil beside its end", defaultValue = "none") Check check,
    @Key(value = "whether the answers replace the training rows", defaultValue = "replace")
        Keep keep,
    @Key(value = "answers written at once", defaultValue = "32", min = 1) int batchSize)
    implements Checked {

  @Override
  public List<Contradiction> contradictions() {
    return new Rules()
        .require(
            temperature > 0 || topP == 1,
            "temperature 0 takes the most probable token; top_p needs a temperature above 0",
            "top_p",
            "temperature")
        .require(
            temperature > 0 || topK == 0,
            "temperature 0 takes the most probable token; top_k needs a temperature above 0",
            "top_k",
            "temperature")
        .broken();
  }

  /** What an answer is compared by with the row's own. */
  public enum Check {
    NONE,
    /** The same call as the reference; a reference that is no call is compared as text. */
    FUNCTION_CALL,
    /** The last number is that of the reference. */
    NUMBER,
    /** The answer is one JSON value. */
    JSON
  }

  /** What becomes of the training rows. */
  public enum Keep {
    REPLACE,
    ADD
  }
}
