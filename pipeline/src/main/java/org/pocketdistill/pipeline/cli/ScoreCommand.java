package org.pocketdistill.pipeline.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.TextLines;
import org.pocketdistill.pipeline.lm.CausalScorer;
import org.pocketdistill.pipeline.lm.CausalScorer.TokenScores;
import org.pocketdistill.pipeline.lm.LanguageModelFolder;
import org.pocketdistill.pipeline.lm.StreamedScorer;
import org.pocketdistill.pipeline.model.StreamedDecoder;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** {@code distill score}: log-probabilities of given tokens, the way two models are compared. */
final class ScoreCommand implements Command {
  private static final String INPUT = "input";
  private static final String OUTPUT = "output";
  private static final String TOP_K = "top-k";
  private static final String STREAMING = "streaming";
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
    return "log-probabilities of given texts or token ids, to compare two models";
  }

  @Override
  public List<String> description() {
    return List.of(
        "Reads rows, each a JSON object on a line of its own (.jsonl, .jsonl.gz). A row has one of"
            + " these fields; of several the first in this order counts:",
        "  \"input_ids\": [5, 17, 2]                             token ids; needs no tokenizer",
        "  \"text\": \"wake me at seven\"                        encoded as it stands",
        "  \"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]   laid out as ChatML",
        "Writes a JSON object for each row, in the same order. Its lists have one element per"
            + " token: the probability of each token is that given all tokens before it, in natural"
            + " logarithms, and the first has none:",
        "  {\"input_ids\": [5, 17, 2], \"logprobs\": [null, -1.25, -0.5],",
        "   \"top\": [[], [[17, -1.25], [4, -1.5]], [[2, -0.5], [9, -2.0]]]}",
        "'top' holds the --top-k most probable tokens as [id, logprob], the most probable first."
            + " The same rows put to a Hugging Face folder and to its exported package show what"
            + " the export changed.");
  }

  @Override
  public List<String> examples() {
    return List.of(
        "distill score --model runs/quickstart/04-distill/model --input rows.jsonl --top-k 5",
        "distill score --model runs/quickstart/07-export/int8 --input rows.jsonl --output s.jsonl");
  }

  @Override
  public List<String> required() {
    return List.of(ModelOptions.MODEL, INPUT);
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(ModelOptions.model())
        .addOption(Arguments.value(INPUT, "FILE.jsonl", "rows to score"))
        .addOption(
            Arguments.value(
                OUTPUT,
                "FILE.jsonl",
                "where scores go, complete or not at all; default: standard output"))
        .addOption(
            Arguments.value(TOP_K, "N", "most probable tokens to write per token; default 0"))
        .addOption(ModelOptions.dtype())
        .addOption(
            Arguments.flag(
                STREAMING,
                "reads a folder or GGUF file layer by layer, for a model larger than the memory"));
  }

  private static CausalScorer scorer(OptionValues options, LanguageModelFolder folder)
      throws IOException {
    ComputeDtype dtype = ModelOptions.dtype(options, folder);
    if (!options.has(STREAMING)) {
      return folder.decoder(dtype);
    }
    if (folder.isOnnx()) {
      throw options.refused(
          "--streaming belongs to folders and GGUF files, --model is an ONNX package");
    }
    return new StreamedScorer(StreamedDecoder.open(folder.stored(), dtype, new int[0]));
  }

  @Override
  public int run(CommandLine line) throws IOException {
    OptionValues options = new OptionValues(this, line);
    LanguageModelFolder folder = ModelOptions.folder(options);
    int topK = options.whole(TOP_K, 0, 0);
    Optional<Path> output = options.findPath(OUTPUT);
    try (TextLines lines = TextLines.open(options.path(INPUT));
        CausalScorer decoder = scorer(options, folder);
        RowEncoder rows = new RowEncoder(folder.stored(), decoder, lines)) {
      Scoring scoring = new Scoring(rows, decoder, Math.min(topK, decoder.vocabSize()));
      if (output.isPresent()) {
        OutputFile.write(output.get(), writer -> scoring.run(text -> writer.write(text + "\n")));
      } else {
        scoring.run(out::println);
      }
    }
    return Main.DONE;
  }

  /** Takes a line of the result. */
  @FunctionalInterface
  private interface Sink {
    void accept(String line) throws IOException;
  }

  /** Scores rows in groups, so that a decoder may batch them, in their order. */
  private record Scoring(RowEncoder rows, CausalScorer decoder, int topK) {
    void run(Sink sink) throws IOException {
      List<int[]> waiting = new ArrayList<>();
      long done = 0;
      Optional<int[]> row = rows.next();
      while (row.isPresent()) {
        waiting.add(row.get());
        row = rows.next();
        if (row.isEmpty() || waiting.size() == ROWS_AT_ONCE) {
          List<TokenScores> scores = decoder.score(waiting, topK);
          for (int i = 0; i < scores.size(); i++) {
            sink.accept(json(++done, waiting.get(i), scores.get(i)).toString());
          }
          waiting.clear();
        }
      }
    }
  }

  private static JsonNode json(long row, int[] ids, TokenScores scores) {
    ObjectNode node = JSON.createObjectNode();
    ArrayNode inputs = node.putArray("input_ids");
    ArrayNode logProbs = node.putArray("logprobs");
    ArrayNode top = node.putArray("top");
    for (int i = 0; i < ids.length; i++) {
      inputs.add(ids[i]);
      if (i == 0) {
        logProbs.addNull();
      } else {
        logProbs.add(finite(scores.logProbs()[i], row, i));
      }
      ArrayNode best = top.addArray();
      for (int k = 0; k < scores.topIds()[i].length; k++) {
        best.addArray().add(scores.topIds()[i][k]).add(scores.topLogProbs()[i][k]);
      }
    }
    return node;
  }

  /** JSON has no NaN, and a model that computes one is broken. */
  private static double finite(double logProb, long row, int position) {
    if (!Double.isFinite(logProb)) {
      throw new DataException(
          "row %d: the log-probability at position %d is %s, expected a finite number; are the model's weights damaged?"
              .formatted(row, position, logProb));
    }
    return logProb;
  }
}
