package org.pocketdistill.pipeline.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * The option object of a plot, in ECharts's terms.
 *
 * <p>Two keys are the page's own, {@code report.js} replaces them: {@code colorOf}, a colour of the
 * style sheet; {@code intervals}, how a custom series draws 95 % intervals.
 */
record ChartOption(ObjectNode root) {
  private static final int LEGEND_HEIGHT = 36;

  static ChartOption empty() {
    ChartOption option = new ChartOption(JsonNodeFactory.instance.objectNode());
    option.root.put("animation", false);
    option.root.putObject("tooltip").put("renderMode", "richText").put("confine", true);
    option
        .root
        .putObject("grid")
        .put("left", 12)
        .put("right", 64)
        .put("top", 16)
        .put("bottom", 36)
        .put("containLabel", true);
    option.root.putArray("series");
    return option;
  }

  ChartOption legend() {
    root.putObject("legend").put("type", "scroll").put("top", 0).put("left", 0);
    ((ObjectNode) root.get("grid")).put("top", LEGEND_HEIGHT);
    return this;
  }

  /** An axis of numbers, {@code value} or {@code log}. */
  ObjectNode numberAxis(String key, String type, String name) {
    ObjectNode axis = root.putObject(key).put("type", type).put("name", name);
    boolean horizontal = key.equals("xAxis");
    axis.put("nameLocation", horizontal ? "middle" : "end").put("nameGap", horizontal ? 28 : 12);
    if (!horizontal) {
      axis.putObject("nameTextStyle").put("align", "left");
      ObjectNode grid = (ObjectNode) root.get("grid");
      grid.put("top", grid.get("top").intValue() + 20);
    }
    return axis;
  }

  /** A vertical axis of names, the first at the top. */
  ArrayNode names() {
    return root.putObject("yAxis").put("type", "category").put("inverse", true).putArray("data");
  }

  ObjectNode series(String type, String name) {
    return ((ArrayNode) root.get("series")).addObject().put("type", type).put("name", name);
  }

  /** JSON that can stand in a script element. */
  String toJson() {
    return root.toString().replace("<", "\\u003c");
  }
}
