package org.pocketdistill.pipeline.onnx;

/**
 * The bias that keeps a query from keys before its sliding window: query at position p sees keys j
 * with p - window < j.
 *
 * <p>Attention's own {@code local_window_size} is not used: ONNX Runtime 1.23 lets a query see one
 * key more by it than 1.32 does.
 */
record SlidingWindowNodes(OnnxGraph graph, int window) {
  private static final String PREFIX = "/model/sliding_window";
  private static final float BLOCKED = -1e30f;

  /**
   * Adds the nodes.
   *
   * @param lengths name of the rows' lengths, new tokens included [batch]
   * @param total name of the largest length, a scalar
   * @return name of the bias [batch, 1, sequence, total]
   */
  String add(String lengths, String total) {
    String shape = graph.node(PREFIX + "/Shape", "Shape").inputs("input_ids").output();
    String count = graph.node(PREFIX + "/Gather", "Gather").inputs(shape, graph.index(1)).output();
    String blocked =
        graph
            .node(PREFIX + "/LessOrEqual", "LessOrEqual")
            .inputs(range("keys", total), lastUnseen(lengths, count))
            .output();
    String bias =
        graph
            .node(PREFIX + "/Where", "Where")
            .inputs(blocked, graph.scalar(BLOCKED), graph.scalar(0f))
            .output();
    return graph.node(PREFIX + "/Unsqueeze", "Unsqueeze").inputs(bias, graph.longs(1)).output();
  }

  /** Last key that each query must not see, [batch, sequence, 1]. */
  private String lastUnseen(String lengths, String count) {
    // A prompt's rows start at 0 even where one is shorter than the batch is wide.
    String cached = graph.node(PREFIX + "/cached/Sub", "Sub").inputs(lengths, count).output();
    String start =
        graph.node(PREFIX + "/cached/Max", "Max").inputs(cached, graph.index(0)).output();
    String column =
        graph
            .node(PREFIX + "/cached/Unsqueeze", "Unsqueeze")
            .inputs(start, graph.longs(1))
            .output();
    String positions =
        graph
            .node(PREFIX + "/positions/Add", "Add")
            .inputs(column, range("queries", count))
            .output();
    String last =
        graph
            .node(PREFIX + "/positions/Sub", "Sub")
            .inputs(positions, graph.index(window))
            .output();
    return graph
        .node(PREFIX + "/positions/Unsqueeze", "Unsqueeze")
        .inputs(last, graph.longs(2))
        .output();
  }

  private String range(String name, String end) {
    return graph
        .node(PREFIX + "/" + name + "/Range", "Range")
        .inputs(graph.index(0), end, graph.index(1))
        .output();
  }
}
