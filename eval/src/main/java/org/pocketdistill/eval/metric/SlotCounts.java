package org.pocketdistill.eval.metric;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Pairs of argument path and value that an answer and its reference have.
 *
 * <p>Nested objects make longer paths; the elements of a list share its path, so that one missing
 * element costs one pair. Equal pairs count as often as they stand there.
 *
 * @param matched pairs in both
 * @param predicted pairs of the answer
 * @param expected pairs of the reference
 */
public record SlotCounts(int matched, int predicted, int expected) {
  private record Slot(String path, JsonNode value) {}

  static SlotCounts of(Optional<ObjectNode> expected, Optional<ObjectNode> predicted) {
    List<Slot> left = slots(expected);
    List<Slot> found = slots(predicted);
    int expectedCount = left.size();
    int matched = 0;
    for (Slot slot : found) {
      if (left.remove(slot)) {
        matched++;
      }
    }
    return new SlotCounts(matched, found.size(), expectedCount);
  }

  /** Numerator and denominator of micro F1. */
  public ItemScore score() {
    return new ItemScore(2.0 * matched, predicted + expected);
  }

  private static List<Slot> slots(Optional<ObjectNode> arguments) {
    List<Slot> slots = new ArrayList<>();
    arguments.ifPresent(node -> collect("", JsonValues.canonical(node), slots));
    return slots;
  }

  private static void collect(String path, JsonNode node, List<Slot> slots) {
    if (node.isObject() && (path.isEmpty() || !node.isEmpty())) {
      node.properties().forEach(e -> collect(path + "/" + e.getKey(), e.getValue(), slots));
    } else if (node.isArray() && !node.isEmpty()) {
      node.forEach(element -> collect(path, element, slots));
    } else {
      slots.add(new Slot(path, node));
    }
  }
}
