package org.pocketdistill.eval;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.OptionalInt;
import org.pocketdistill.data.Message;
import org.pocketdistill.data.ReasoningTags;

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
   * A prompt up to where the answer starts.
   *
   * @param trace reasoning before the answer, empty for none
   */
  default String beforeAnswer(String prompt, String trace) {
    return ReasoningTags.THINK.beforeAnswer(prompt, trace);
  }

  /**
   * Log-probability of each continuation given its context; each token of it is predicted once. A
   * context that does not fit loses its beginning; an empty one stands for the beginning of a text.
   */
  List<LogLikelihood> logLikelihood(List<LogLikelihoodRequest> requests);

  /**
   * Log-probability of each whole text, every token predicted once: the first from the token that
   * begins a text, then window after window, each after one token of context. The last window is
   * filled up with context to its full length.
   *
   * @param window tokens predicted at once, 1 or more; the model's own limit may be smaller
   */
  List<LogLikelihood> rollingLogLikelihood(List<String> texts, int window);

  /** An answer to each prompt, cut before the first stop string, its trace told apart. */
  List<Generation> generateUntil(List<String> prompts, GenerationOptions options);

  @Override
  void close();

  /**
   * A context and the continuation to score.
   *
   * @param joint whether both are encoded as one text, white space at the end of the context going
   *     to the continuation; the continuation's tokens are those after as many as the context alone
   *     has. If false, each is encoded on its own
   */
  record LogLikelihoodRequest(String context, String continuation, boolean joint) {
    /** A context that ends where a token ends. */
    public LogLikelihoodRequest(String context, String continuation) {
      this(context, continuation, false);
    }

    /** Characters of both. */
    int length() {
      return context.length() + continuation.length();
    }
  }

  /**
   * A score.
   *
   * @param sum natural logarithm of the probability
   * @param tokens number of tokens scored
   * @param greedy whether each token was the most probable one
   * @param cut number of tokens at the beginning of the context that did not fit
   */
  record LogLikelihood(double sum, int tokens, boolean greedy, int cut) {
    /** A score whose context did fit. */
    public LogLikelihood(double sum, int tokens, boolean greedy) {
      this(sum, tokens, greedy, 0);
    }

    /** This, if it is a number. */
    LogLikelihood requireFinite(String what, Item item) {
      if (!Double.isFinite(sum)) {
        throw new IllegalStateException(
            "%s: log-probability %s of item %s: expected a finite number"
                .formatted(what, sum, item.example().id()));
      }
      return this;
    }
  }

  /**
   * What a model wrote.
   *
   * @param text the answer, special tokens left out; empty if the trace before it was not closed
   * @param tokens number of tokens generated, trace, tags and end token included
   * @param finished false if it was cut off at the token limit
   * @param trace what was written before the answer
   */
  record Generation(String text, int tokens, boolean finished, Trace trace) {
    /** An answer without a trace. */
    public Generation(String text, int tokens, boolean finished) {
      this(text, tokens, finished, Trace.NONE);
    }

    /** Whether the token limit came before the end of the trace. */
    public boolean truncatedReasoning() {
      return !finished && !trace.closed();
    }
  }

  /**
   * The reasoning before an answer.
   *
   * @param text without tags and the blanks around it
   * @param tokens number of tokens generated before the answer, tags included; 0 for no trace
   * @param closed whether an answer could follow
   * @param closedByBudget whether the closing tag was forced because the budget was used up
   */
  record Trace(String text, int tokens, boolean closed, boolean closedByBudget) {
    /** No trace. */
    public static final Trace NONE = new Trace("", 0, true, false);

    /** Whether there is one. */
    public boolean isPresent() {
      return tokens > 0;
    }
  }

  /**
   * How to generate.
   *
   * @param maxNewTokens limit per prompt; with a {@code reasoningBudget}, of the answer alone
   * @param stop strings that end the answer, besides the model's own end tokens
   * @param temperature 0 for greedy
   * @param topK 0 for no limit
   * @param topP 1 for no limit
   * @param seed of the sampler
   * @param reasoningBudget most tokens of a trace, then its closing tag is forced; 0 closes it at
   *     once. Empty: the trace shares {@code maxNewTokens} with the answer
   * @param repetitionPenalty p > 0, 1 for none: before anything else, a positive logit of a token
   *     that prompt or answer have already is divided by p, another multiplied by it (CTRL, arXiv
   *     1909.05858)
   */
  record GenerationOptions(
      int maxNewTokens,
      List<String> stop,
      double temperature,
      int topK,
      double topP,
      long seed,
      OptionalInt reasoningBudget,
      double repetitionPenalty) {
    public GenerationOptions {
      stop = List.copyOf(stop);
    }

    /** Without a penalty for repetitions. */
    public GenerationOptions(
        int maxNewTokens,
        List<String> stop,
        double temperature,
        int topK,
        double topP,
        long seed,
        OptionalInt reasoningBudget) {
      this(maxNewTokens, stop, temperature, topK, topP, seed, reasoningBudget, 1);
    }

    /** Without a budget for traces. */
    public GenerationOptions(
        int maxNewTokens, List<String> stop, double temperature, int topK, double topP, long seed) {
      this(maxNewTokens, stop, temperature, topK, topP, seed, OptionalInt.empty());
    }

    /** The same with a budget for traces. */
    public GenerationOptions withReasoningBudget(OptionalInt budget) {
      return new GenerationOptions(
          maxNewTokens, stop, temperature, topK, topP, seed, budget, repetitionPenalty);
    }

    /** The same with a penalty for repetitions. */
    public GenerationOptions withRepetitionPenalty(double penalty) {
      return new GenerationOptions(
          maxNewTokens, stop, temperature, topK, topP, seed, reasoningBudget, penalty);
    }

    /** Greedy decoding. */
    public static GenerationOptions greedy(int maxNewTokens) {
      return new GenerationOptions(maxNewTokens, List.of(), 0, 0, 1, 0);
    }
  }
}
