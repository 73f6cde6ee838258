package org.pocketdistill.pipeline.onnx;

import java.io.IOException;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.RotaryTables;

/**
 * The rotary embedding of standard operators: {@code x · cos + swap(x) · sin}, where swap exchanges
 * the halves of a head and the table of sines has the sign of its first half turned, so that
 * nothing is negated at run time.
 */
record RotaryNodes(OnnxGraph graph, ModelConfig config) {
  private static final String PREFIX = "/model/rotary_emb";
  private static final int SIGN_OF_FIRST_HALF = -1;

  /** Names of cosines and sines of the tokens' positions, [batch, 1, sequence, head size]. */
  record Angles(String cosines, String sines) {}

  /**
   * What all layers share.
   *
   * @param scaled of queries: times 1/√head size, so that no layer has to scale its scores
   */
  record Shared(Angles plain, Angles scaled) {}

  /** Adds the tables, as far as {@code positions}, and the look-up of {@code position_ids}. */
  Shared add(int positions) throws IOException {
    RotaryTables tables = new RotaryTables(config);
    Angles plain =
        new Angles(
            lookUp("cos_cache", widened(tables.halfCosines(positions), 1), positions),
            lookUp(
                "sin_cache", widened(tables.halfSines(positions), SIGN_OF_FIRST_HALF), positions));
    return new Shared(
        plain, new Angles(scaled("cos", plain.cosines()), scaled("sin", plain.sines())));
  }

  private String lookUp(String table, float[] values, int positions) throws IOException {
    graph.initializer(table, values, positions, config.headDim());
    String prefix = PREFIX + "/" + table;
    String rows = graph.node(prefix + "/Gather", "Gather").inputs(table, "position_ids").output();
    return graph.node(prefix + "/Unsqueeze", "Unsqueeze").inputs(rows, graph.longs(1)).output();
  }

  private String scaled(String name, String angles) {
    String scale = graph.scalar((float) (1 / Math.sqrt(config.headDim())));
    return graph.node(PREFIX + "/scaled_" + name + "/Mul", "Mul").inputs(angles, scale).output();
  }

  /** A table [positions × d/2] as [positions × d]: each row twice, its first half times a sign. */
  private float[] widened(float[] half, int sign) {
    int width = config.headDim() / 2;
    float[] table = new float[2 * half.length];
    for (int i = 0; i < half.length; i++) {
      int start = i / width * config.headDim() + i % width;
      table[start] = sign * half[i];
      table[start + width] = half[i];
    }
    return table;
  }

  /** Turns heads [batch, heads, sequence, head size]; gives the name of the turned ones. */
  String turn(String prefix, String heads, Angles angles) {
    String split = prefix + "/Split";
    graph
        .node(split, "Split")
        .inputs(heads)
        .attribute("axis", -1)
        .outputs(split + "/output_0", split + "/output_1");
    String swapped =
        graph
            .node(prefix + "/Concat", "Concat")
            .inputs(split + "/output_1", split + "/output_0")
            .attribute("axis", -1)
            .output();
    String along = graph.node(prefix + "/cos/Mul", "Mul").inputs(heads, angles.cosines()).output();
    String across = graph.node(prefix + "/sin/Mul", "Mul").inputs(swapped, angles.sines()).output();
    return graph.node(prefix + "/Add", "Add").inputs(along, across).output();
  }
}
