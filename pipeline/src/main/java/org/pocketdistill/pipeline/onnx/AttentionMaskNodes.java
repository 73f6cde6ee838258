package org.pocketdistill.pipeline.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import org.pocketdistill.pipeline.config.StaticShapes;

/**
 * What is added to the scores of all layers, of standard operators: 0 where a query may see a key,
 * a large negative number where it may not. A key is seen if the attention mask has a 1 for it, it
 * comes no later than the query, and it is in the query's sliding window.
 *
 * <p>New tokens stand after the whole cache, however much of it is filled; a window counts the
 * tokens that are there. So padding may be anywhere.
 *
 * @param shapes fixed ones; the order of queries and keys is a constant then
 */
record AttentionMaskNodes(OnnxGraph graph, Optional<StaticShapes> shapes, int contextLength) {
  private static final String PREFIX = "/model/attention_bias";
  private static final String MASK = "attention_mask";

  /** No probability is left of it, and half precision still holds it. */
  private static final float BLOCKED = 3e4f;

  /**
   * Adds the nodes.
   *
   * @param window keys that a query sees back, itself included
   * @param copies of the rows, one for each query head that shares a key head
   * @return name of the bias [batch, 1, copies × sequence, total]
   */
  String add(int window, int copies) throws IOException {
    String numbers =
        graph.node(PREFIX + "/mask/Cast", "Cast").inputs(MASK).to(DataType.FLOAT).output();
    String filled = unsqueeze("/mask", numbers, 1, 2);
    String order = shapes.isPresent() ? fixedOrder(shapes.get().sequence()) : order();
    String seen = graph.node(PREFIX + "/Mul", "Mul").inputs(filled, order).output();
    if (window < contextLength) {
      seen = graph.node(PREFIX + "/window/Mul", "Mul").inputs(seen, near(window)).output();
    }
    String hidden = graph.node(PREFIX + "/Sub", "Sub").inputs(seen, graph.scalar(1f)).output();
    String bias =
        graph.node(PREFIX + "/scale/Mul", "Mul").inputs(hidden, graph.scalar(BLOCKED)).output();
    if (copies == 1) {
      return bias;
    }
    String[] all = new String[copies];
    Arrays.fill(all, bias);
    return graph.node(PREFIX + "/Concat", "Concat").inputs(all).attribute("axis", 2).output();
  }

  /** 1 for keys no later than the query, [sequence, total]. */
  private String order() {
    String count = length("/sequence", "input_ids");
    String total = length("/total", MASK);
    String first = graph.node(PREFIX + "/first/Sub", "Sub").inputs(total, count).output();
    String queries = unsqueeze("/queries", range("/queries", first, total), 1);
    String earlier =
        graph
            .node(PREFIX + "/order/LessOrEqual", "LessOrEqual")
            .inputs(range("/keys", graph.index(0), total), queries)
            .output();
    return graph.node(PREFIX + "/order/Cast", "Cast").inputs(earlier).to(DataType.FLOAT).output();
  }

  /** The same of known lengths. */
  private String fixedOrder(int sequence) throws IOException {
    int past = contextLength - 1;
    float[] order = new float[sequence * (past + sequence)];
    for (int query = 0; query < sequence; query++) {
      int start = query * (past + sequence);
      Arrays.fill(order, start, start + past + query + 1, 1);
    }
    return graph.initializer("causal_mask", order, sequence, past + sequence);
  }

  /** 1 for keys in the window of the query, [batch, 1, sequence, total]. */
  private String near(int window) {
    String prefix = "/window";
    String counted =
        graph.node(PREFIX + prefix + "/CumSum", "CumSum").inputs(MASK, graph.index(1)).output();
    String behind =
        graph
            .node(PREFIX + prefix + "/Sub", "Sub")
            .inputs("position_ids", graph.index(window - 1L))
            .output();
    // The key at position j has j + 1 tokens up to itself: seen if j > p - window.
    String inside =
        graph
            .node(PREFIX + prefix + "/Greater", "Greater")
            .inputs(
                unsqueeze(prefix + "/keys", counted, 1), unsqueeze(prefix + "/queries", behind, 2))
            .output();
    String numbers =
        graph.node(PREFIX + prefix + "/Cast", "Cast").inputs(inside).to(DataType.FLOAT).output();
    return unsqueeze(prefix, numbers, 1);
  }

  /** Length of a value's second dimension, a scalar. */
  private String length(String name, String value) {
    String shape = graph.node(PREFIX + name + "/Shape", "Shape").inputs(value).output();
    return graph
        .node(PREFIX + name + "/Gather", "Gather")
        .inputs(shape, graph.index(1))
        .attribute("axis", 0)
        .output();
  }

  private String range(String name, String from, String to) {
    return graph.node(PREFIX + name + "/Range", "Range").inputs(from, to, graph.index(1)).output();
  }

  private String unsqueeze(String name, String value, long... axes) {
    return graph
        .node(PREFIX + name + "/Unsqueeze", "Unsqueeze")
        .inputs(value, graph.longs(axes))
        .output();
  }
}
