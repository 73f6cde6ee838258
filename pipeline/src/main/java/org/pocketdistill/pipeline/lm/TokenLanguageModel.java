package org.pocketdistill.pipeline.lm;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Message;
import org.pocketdistill.eval.LanguageModel;
import org.pocketdistill.pipeline.lm.CausalDecoder.DecodeSession;
import org.pocketdistill.pipeline.lm.GeneratedText.Setting;
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
  private final TraceTags traceTags;
  private final LikelihoodScorer likelihoods;

  /** A model whose texts begin after the token that ends an answer. */
  public TokenLanguageModel(
      Tokenizer tokenizer,
      ChatTemplate template,
      CausalDecoder decoder,
      List<Integer> endTokens,
      int batchSize) {
    this(tokenizer, template, decoder, endTokens, OptionalInt.empty(), batchSize);
  }

  /**
   * A model that decodes up to {@code batchSize} prompts at once.
   *
   * @param endTokens ids that end a text, first the one that ends an answer
   * @param beginning id from which the first token of a text without a prompt is predicted; if
   *     empty, the first of {@code endTokens}
   */
  public TokenLanguageModel(
      Tokenizer tokenizer,
      ChatTemplate template,
      CausalDecoder decoder,
      List<Integer> endTokens,
      OptionalInt beginning,
      int batchSize) {
    this.tokenizer = tokenizer;
    this.template = template;
    this.decoder = decoder;
    this.endTokens = List.copyOf(endTokens);
    this.batchSize = batchSize;
    OptionalInt end = endTokens.stream().mapToInt(Integer::intValue).findFirst();
    this.likelihoods =
        new LikelihoodScorer(tokenizer, decoder, beginning.isPresent() ? beginning : end);
    this.traceTags = new TraceTags(tokenizer, template.reasoningTags());
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
  public String beforeAnswer(String prompt, String trace) {
    return traceTags.text().beforeAnswer(prompt, trace);
  }

  @Override
  public List<LogLikelihood> logLikelihood(List<LogLikelihoodRequest> requests) {
    return likelihoods.ofContinuations(requests);
  }

  @Override
  public List<LogLikelihood> rollingLogLikelihood(List<String> texts, int window) {
    return likelihoods.ofTexts(texts, window);
  }

  @Override
  public List<Generation> generateUntil(List<String> prompts, GenerationOptions options) {
    List<int[]> encoded = prompts.stream().map(tokenizer::encode).toList();
    Setting setting = new Setting(tokenizer, traceTags, endTokens, options);
    List<Integer> order =
        IntStream.range(0, encoded.size())
            .boxed()
            .sorted(Comparator.comparingInt(i -> encoded.get(i).length))
            .toList();
    Generation[] results = new Generation[encoded.size()];
    for (int from = 0; from < order.size(); from += batchSize) {
      List<Integer> picked = order.subList(from, Math.min(order.size(), from + batchSize));
      generateBatch(prompts, encoded, setting, new Picked(picked, results));
    }
    return List.of(results);
  }

  /** The prompts of a batch by their numbers, and where all results go. */
  private record Picked(List<Integer> rows, Generation[] results) {}

  private int room(int promptTokens, Setting setting) {
    int left = decoder.contextLength() - promptTokens;
    if (left < 1) {
      throw new DataException(
          "a prompt of %d tokens leaves no room for an answer in the model's context of %d"
              .formatted(promptTokens, decoder.contextLength()));
    }
    return (int) Math.min(setting.need(), left);
  }

  private void generateBatch(
      List<String> prompts, List<int[]> encoded, Setting setting, Picked picked) {
    List<int[]> batch = picked.rows().stream().map(encoded::get).toList();
    int longest = batch.stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
    int room = room(longest, setting);
    List<GeneratedText> texts =
        picked.rows().stream()
            .map(i -> new GeneratedText(setting, prompts.get(i), room, i))
            .toList();
    try (DecodeSession session = decoder.start(batch, room)) {
      boolean open = true;
      while (open) {
        int[] next = new int[batch.size()];
        open = false;
        for (int row = 0; row < next.length; row++) {
          next[row] = texts.get(row).append(session.logits()[row]);
          open |= !texts.get(row).isOver();
        }
        if (open) {
          session.advance(next);
        }
      }
    }
    for (int row = 0; row < texts.size(); row++) {
      picked.results()[picked.rows().get(row)] = texts.get(row).result();
    }
  }

  /**
   * Continues one prompt, handing out text as it comes; whole characters only.
   *
   * @throws DataException if the prompt leaves no room for an answer
   */
  public Generation stream(String prompt, GenerationOptions options, GenerationPieces pieces) {
    int[] encoded = tokenizer.encode(prompt);
    Setting setting = new Setting(tokenizer, traceTags, endTokens, options);
    int room = room(encoded.length, setting);
    GeneratedText text = new GeneratedText(setting, prompt, room, 0);
    PieceWriter writer = new PieceWriter(traceTags.text(), pieces);
    try (DecodeSession session = decoder.start(List.of(encoded), room)) {
      while (!text.isOver()) {
        int next = text.append(session.logits()[0]);
        writer.update(text);
        if (!text.isOver()) {
          session.advance(new int[] {next});
        }
      }
    }
    writer.end(text);
    return text.result();
  }

  /** Most sequences that are continued at once. */
  int batchSize() {
    return batchSize;
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
