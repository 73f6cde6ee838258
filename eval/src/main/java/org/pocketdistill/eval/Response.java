package org.pocketdistill.eval;

import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.pocketdistill.eval.LanguageModel.Generation;
import org.pocketdistill.eval.LanguageModel.LogLikelihood;
import org.pocketdistill.eval.metric.CallScore;
import org.pocketdistill.eval.metric.TextLength;

/** What a model answered to one item. */
public sealed interface Response {
  /** Whether a limit of tokens has left something out. */
  boolean truncated();

  /** An answer in words, and how it compares with the reference. */
  record Written(Generation generation, CallScore call) implements Response {
    @Override
    public boolean truncated() {
      return !generation.finished();
    }
  }

  /** The log-probability of each choice. */
  record Choices(List<LogLikelihood> likelihoods) implements Response {
    public Choices {
      likelihoods = List.copyOf(likelihoods);
    }

    /** Whether the prompt did not fit the model's context. */
    @Override
    public boolean truncated() {
      return likelihoods.stream().anyMatch(likelihood -> likelihood.cut() > 0);
    }

    /** Index of the most probable choice; of equal ones the first. */
    int mostProbable() {
      return first(i -> likelihoods.get(i).sum());
    }

    /** Index of the choice with the largest log-probability per character. */
    int mostProbablePerCharacter(List<String> choices) {
      return first(i -> likelihoods.get(i).sum() / TextLength.characters(choices.get(i)));
    }

    private int first(ToDoubleFunction<Integer> score) {
      return IntStream.range(0, likelihoods.size())
          .boxed()
          .reduce((a, b) -> score.applyAsDouble(b) > score.applyAsDouble(a) ? b : a)
          .orElseThrow();
    }
  }

  /** The log-probability of a whole text. */
  record Text(LogLikelihood likelihood) implements Response {
    @Override
    public boolean truncated() {
      return false;
    }
  }
}
