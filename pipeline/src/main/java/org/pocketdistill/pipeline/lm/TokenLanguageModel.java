package org.pocketdistill.pipeline.lm;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Message;
import org.pocketdistill.eval.LanguageModel;
import org.pocketdistill.pipeline.lm.CausalDecoder.DecodeSession;
import org.pocketdistill.pipeline.lm.CausalDecoder.TokenScores;
import org.pocketdistill.tokenize.ChatTemplate;
import org.pocketdistill.tokenize.Tokenizer;

/**
 * A language model over text: a tokenizer, a chat template and a decoder of any runtime. Closes
 * tokenizer and decoder with itself.
 */
public final class TokenLanguageModel implements LanguageModel {
  private final Tokenizer tokenizer;
  private final ChatTemplate template;
  private final CausalDecoder decoder;
  private final List<Integer> endTokens;
  private final int batchSize;

  /**
   * A model that decodes up to {@code batchSize} prompts at once.
   *
   * @param endTokens ids that end a text, first the one that ends an answer
   */
  public TokenLanguageModel(
      Tokenizer tokenizer,
      ChatTemplate template,
      CausalDecoder decoder,
      List<Integer> endTokens,
      int batchSize) {
    this.tokenizer = tokenizer;
    this.template = template;
    this.decoder = decoder;
    this.endTokens = List.copyOf(endTokens);
    this.batchSize = batchSize;
  }

  @Override
  public String applyChatTemplate(List<Message> messages) {
    return applyChatTemplate(messages, List.of());
  }

  @Override
  public String applyChatTemplate(List<Message> messages, List<JsonNode> tools) {
    return template.text(messages, tools, true);
  }

  @Override
  public String endToken() {
    return endTokens.isEmpty() ? "" : tokenizer.decode(new int[] {endTokens.get(0)}, false);
  }

  @Override
  public List<LogLikelihood> logLikelihood(List<LogLikelihoodRequest> requests) {
    List<int[]> rows = new ArrayList<>();
    List<Integer> contexts = new ArrayList<>();
    for (LogLikelihoodRequest request : requests) {
      int[] context = tokenizer.encode(request.context());
      int[] continuation = tokenizer.encode(request.continuation());
      if (context.length == 0) {
        throw new IllegalArgumentException("an empty context gives no probability to start from");
      }
      int[] row = Arrays.copyOf(context, context.length + continuation.length);
      System.arraycopy(continuation, 0, row, context.length, continuation.length);
      rows.add(checked(row));
      contexts.add(context.length);
    }
    List<TokenScores> scores = decoder.score(rows, 1);
    return IntStream.range(0, rows.size())
        .mapToObj(i -> likelihood(rows.get(i), scores.get(i), contexts.get(i)))
        .toList();
  }

  @Override
  public List<LogLikelihood> rollingLogLikelihood(List<String> texts) {
    List<int[]> rows = texts.stream().map(tokenizer::encode).map(this::checked).toList();
    List<TokenScores> scores = decoder.score(rows, 1);
    return IntStream.range(0, rows.size())
        .mapToObj(i -> likelihood(rows.get(i), scores.get(i), 1))
        .toList();
  }

  private int[] checked(int[] row) {
    if (row.length > decoder.contextLength()) {
      throw new DataException(
          "a text of %d tokens, expected at most %d (the model's context)"
              .formatted(row.length, decoder.contextLength()));
    }
    return row;
  }

  private static LogLikelihood likelihood(int[] row, TokenScores scores, int from) {
    double sum = 0;
    boolean greedy = true;
    for (int i = from; i < row.length; i++) {
      sum += scores.logProbs()[i];
      greedy &= scores.topIds()[i][0] == row[i];
    }
    return new LogLikelihood(sum, row.length - from, greedy);
  }

  @Override
  public List<Generation> generateUntil(List<String> prompts, GenerationOptions options) {
    List<int[]> encoded = prompts.stream().map(tokenizer::encode).toList();
    List<Integer> order =
        IntStream.range(0, encoded.size())
            .boxed()
            .sorted(Comparator.comparingInt(i -> encoded.get(i).length))
            .toList();
    Generation[] results = new Generation[encoded.size()];
    for (int from = 0; from < order.size(); from += batchSize) {
      List<Integer> picked = order.subList(from, Math.min(order.size(), from + batchSize));
      generateBatch(encoded, picked, options, results);
    }
    return List.of(results);
  }

  private int room(int promptTokens, GenerationOptions options) {
    int left = decoder.contextLength() - promptTokens;
    if (left < 1) {
      throw new DataException(
          "a prompt of %d tokens leaves no room for an answer in the model's context of %d"
              .formatted(promptTokens, decoder.contextLength()));
    }
    return Math.min(options.maxNewTokens(), left);
  }

  private void generateBatch(
      List<int[]> prompts, List<Integer> picked, GenerationOptions options, Generation[] results) {
    List<int[]> batch = picked.stream().map(prompts::get).toList();
    int longest = batch.stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
    int room = room(longest, options);
    List<GeneratedText> texts =
        picked.stream().map(i -> new GeneratedText(tokenizer, endTokens, options, i)).toList();
    try (DecodeSession session = decoder.start(batch, room)) {
      for (int step = 0; step < room; step++) {
        int[] next = new int[batch.size()];
        boolean open = false;
        for (int row = 0; row < next.length; row++) {
          next[row] = texts.get(row).append(session.logits()[row]);
          open |= !texts.get(row).ended();
        }
        if (!open || step + 1 == room) {
          break;
        }
        session.advance(next);
      }
    }
    for (int row = 0; row < texts.size(); row++) {
      results[picked.get(row)] = texts.get(row).result();
    }
  }

  /**
   * Continues one prompt, handing out text as it comes; whole characters only.
   *
   * @return the whole text
   * @throws DataException if the prompt leaves no room for an answer
   */
  public String stream(String prompt, GenerationOptions options, Consumer<String> pieces) {
    int[] encoded = tokenizer.encode(prompt);
    int room = room(encoded.length, options);
    GeneratedText text = new GeneratedText(tokenizer, endTokens, options, 0);
    String shown = "";
    try (DecodeSession session = decoder.start(List.of(encoded), room)) {
      for (int step = 0; step < room && !text.ended(); step++) {
        int next = text.append(session.logits()[0]);
        String now = text.result().text();
        // A character whose bytes are still to come reads as U+FFFD.
        if (!now.endsWith("\uFFFD")) {
          shown = handOut(now, shown, pieces);
        }
        if (!text.ended() && step + 1 < room) {
          session.advance(new int[] {next});
        }
      }
    }
    String whole = text.result().text();
    handOut(whole, shown, pieces);
    return whole;
  }

  /** Hands out what was not shown yet; gives what is shown now. */
  private static String handOut(String now, String shown, Consumer<String> pieces) {
    if (now.length() <= shown.length() || !now.startsWith(shown)) {
      return shown;
    }
    pieces.accept(now.substring(shown.length()));
    return now;
  }

  /** The tokenizer of the model. */
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /** The decoder of the model. */
  public CausalDecoder decoder() {
    return decoder;
  }

  @Override
  public void close() {
    decoder.close();
    tokenizer.close();
  }
}
