package org.pocketdistill.pipeline.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.lm.CausalDecoder;
import org.pocketdistill.pipeline.lm.CausalDecoder.TokenScores;
import org.pocketdistill.pipeline.lm.LanguageModelFolder;

/** {@code distill score}: log-probabilities of given tokens, the way two models are compared. */
final class ScoreCommand implements Command {
  private static final String INPUT = "input";
  private static final String OUTPUT = "output";
  private static final String TOP_K = "top-k";
  private static final int ROWS_AT_ONCE = 64;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final PrintStream out;

  ScoreCommand(PrintStream out) {
    this.out = out;
  }

  @Override
  public String name() {
    return "score";
  }

  @Override
  public String arguments() {
    return "";
  }

  @Override
  public String summary() {
    return "log-probabilities of given texts or token ids, to compare models";
  }

  @Override
  public List<String> description() {
    return List.of(
        "Each line of the input is an object with 'text', 'input_ids' or 'messages'. Each line of"
            + " the output has 'input_ids', 'logprobs' (natural logarithms; null for the first"
            + " token) and 'top' (per token [[id, logprob], ...], most probable first; empty for"
            + " the first token).",
        "A tokenizer is needed for text and messages only.");
  }

  @Override
  public List<String> examples() {
    return List.of(
        "distill score --model runs/quickstart/04-distill/model --input rows.jsonl --top-k 5",
        "distill score --model runs/quickstart/07-export/int8 --input rows.jsonl --output s.jsonl");
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(ModelOptions.model())
        .addOption(Arguments.value(INPUT, "FILE.jsonl", "rows to score (required)"))
        .addOption(Arguments.value(OUTPUT, "FILE.jsonl", "where scores go; default: the console"))
        .addOption(
            Arguments.value(TOP_K, "N", "most probable tokens to write per token; default 0"))
        .addOption(ModelOptions.dtype());
  }

  @Override
  public int run(CommandLine line) throws IOException {
    LanguageModelFolder folder = ModelOptions.folder(this, line);
    Path input = Path.of(ModelOptions.required(this, line, INPUT));
    if (!Files.exists(input)) {
      throw new DataException(input + ": no such file");
    }
    int topK = ModelOptions.whole(this, line, TOP_K, 0);
    String output = line.getOptionValue(OUTPUT);
    try (CausalDecoder decoder = folder.decoder(ModelOptions.dtype(this, line));
        RowEncoder encoder = new RowEncoder(ModelOptions.path(this, line), decoder, input);
        BufferedReader rows = Files.newBufferedReader(input, StandardCharsets.UTF_8);
        PrintStream target =
            output == null ? null : new PrintStream(output, StandardCharsets.UTF_8)) {
      int k = Math.min(topK, decoder.vocabSize());
      score(rows, encoder, decoder, k, target == null ? out : target);
    }
    return Main.DONE;
  }

  private static void score(
      BufferedReader rows, RowEncoder encoder, CausalDecoder decoder, int topK, PrintStream target)
      throws IOException {
    List<int[]> waiting = new ArrayList<>();
    String text;
    while ((text = rows.readLine()) != null) {
      encoder.encode(text).ifPresent(waiting::add);
      if (waiting.size() == ROWS_AT_ONCE) {
        write(waiting, decoder.score(waiting, topK), target);
        waiting.clear();
      }
    }
    if (!waiting.isEmpty()) {
      write(waiting, decoder.score(waiting, topK), target);
    }
  }

  private static void write(List<int[]> rows, List<TokenScores> scores, PrintStream target) {
    for (int i = 0; i < rows.size(); i++) {
      target.println(json(rows.get(i), scores.get(i)));
    }
  }

  private static JsonNode json(int[] ids, TokenScores scores) {
    ObjectNode node = JSON.createObjectNode();
    ArrayNode inputs = node.putArray("input_ids");
    ArrayNode logProbs = node.putArray("logprobs");
    ArrayNode top = node.putArray("top");
    for (int i = 0; i < ids.length; i++) {
      inputs.add(ids[i]);
      if (Double.isNaN(scores.logProbs()[i])) {
        logProbs.addNull();
      } else {
        logProbs.add(scores.logProbs()[i]);
      }
      ArrayNode best = top.addArray();
      for (int k = 0; k < scores.topIds()[i].length; k++) {
        best.addArray().add(scores.topIds()[i][k]).add(scores.topLogProbs()[i][k]);
      }
    }
    return node;
  }
}
