package org.pocketdistill.pipeline.cli;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.cli.Option;
import org.pocketdistill.pipeline.config.StaticShapes;
import org.pocketdistill.pipeline.onnx.GraphForm;

/** Which graph of a model is written, as the job's {@code export.plain} has it. */
final class GraphOptions {
  private static final String GRAPH = "graph";
  private static final String SHAPES = "static-shapes";
  private static final Pattern SHAPES_FORM = Pattern.compile("([1-9]\\d{0,3})x([1-9]\\d{0,3})");
  private static final int MOST_ROWS = 64;
  private static final int MOST_TOKENS = 1024;

  /** Names of the graphs on the command line. */
  private enum Graph {
    GENAI,
    PLAIN
  }

  private GraphOptions() {}

  /** Names of the options. */
  static List<String> names() {
    return List.of(GRAPH, SHAPES);
  }

  static List<Option> all() {
    return List.of(
        Arguments.value(
            GRAPH,
            "NAME",
            "onnx: genai (default), of ONNX Runtime's fused operators, or plain, of standard ones"),
        Arguments.value(
            SHAPES,
            "BxL",
            "plain: fixed shapes, B rows (at most 64) of L new tokens (at most 1024); default: free"
                + " ones"));
  }

  /** What the options say. */
  static GraphForm read(OptionValues options, int contextLength) {
    if (options.choice(GRAPH, List.of(Graph.values()), Graph.GENAI) == Graph.PLAIN) {
      return new GraphForm.Plain(shapes(options, contextLength));
    }
    if (options.has(SHAPES)) {
      throw options.refused("--" + SHAPES + " belongs to --" + GRAPH + " plain");
    }
    return new GraphForm.GenAi();
  }

  private static Optional<StaticShapes> shapes(OptionValues options, int contextLength) {
    Optional<String> text = options.text(SHAPES);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    Matcher matcher = SHAPES_FORM.matcher(text.get());
    if (matcher.matches()) {
      int batch = Integer.parseInt(matcher.group(1));
      int sequence = Integer.parseInt(matcher.group(2));
      if (batch <= MOST_ROWS && sequence <= Math.min(MOST_TOKENS, contextLength)) {
        return Optional.of(new StaticShapes(batch, sequence));
      }
    }
    throw options.refused(
        "--%s '%s', expected rows x new tokens, such as 1x16, at most %dx%d"
            .formatted(SHAPES, text.get(), MOST_ROWS, Math.min(MOST_TOKENS, contextLength)));
  }
}
