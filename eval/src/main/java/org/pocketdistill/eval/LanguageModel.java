package org.pocketdistill.eval;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.pocketdistill.data.Message;

/**
 * A model as an evaluation sees it; the methods follow lm-evaluation-harness. Not safe for use from
 * several threads.
 */
public interface LanguageModel extends AutoCloseable {
  /**
   * The prompt that asks for the assistant's answer to the messages, in the model's chat format.
   */
  String applyChatTemplate(List<Message> messages);

  /**
   * The prompt of a conversation in which functions may be called. A model whose format does not
   * know tools leaves them out.
   *
   * @param tools descriptions of the functions, as the row writes them
   */
  default String applyChatTemplate(List<Message> messages, List<JsonNode> tools) {
    return applyChatTemplate(messages);
  }

  /**
   * The text of the token that ends an answer, for example {@code <|im_end|>}. It is scored at the
   * end of a reference answer, for a model has to know when to stop. Empty if there is none.
   */
  default String endToken() {
    return "";
  }

  /**
   * Log-probability of each continuation given its context.
   *
   * <p>The continuation's tokens are those that {@code encode(context)} followed by {@code
   * encode(continuation)} gives; each is predicted once.
   */
  List<LogLikelihood> logLikelihood(List<LogLikelihoodRequest> requests);

  /** Log-probability of each whole text, every token but the first predicted once. */
  List<LogLikelihood> rollingLogLikelihood(List<String> texts);

  /** A continuation for each prompt, cut before the first stop string. */
  List<Generation> generateUntil(List<String> prompts, GenerationOptions options);

  @Override
  void close();

  /** A context and the continuation to score. */
  record LogLikelihoodRequest(String context, String continuation) {}

  /**
   * A score.
   *
   * @param sum natural logarithm of the probability
   * @param tokens number of tokens scored
   * @param greedy whether each token was the most probable one
   */
  record LogLikelihood(double sum, int tokens, boolean greedy) {}

  /**
   * What a model wrote.
   *
   * @param text special tokens left out
   * @param tokens number of tokens generated, the end token included
   * @param finished false if it was cut off at the token limit
   */
  record Generation(String text, int tokens, boolean finished) {}

  /**
   * How to generate.
   *
   * @param maxNewTokens limit per prompt
   * @param stop strings that end the text, besides the model's own end tokens
   * @param temperature 0 for greedy
   * @param topK 0 for no limit
   * @param topP 1 for no limit
   * @param seed of the sampler
   */
  record GenerationOptions(
      int maxNewTokens, List<String> stop, double temperature, int topK, double topP, long seed) {
    public GenerationOptions {
      stop = List.copyOf(stop);
    }

    /** Greedy decoding. */
    public static GenerationOptions greedy(int maxNewTokens) {
      return new GenerationOptions(maxNewTokens, List.of(), 0, 0, 1, 0);
    }
  }
}
