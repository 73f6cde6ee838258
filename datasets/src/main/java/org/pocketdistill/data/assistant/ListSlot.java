package org.pocketdistill.data.assistant;

import java.util.List;

/**
 * A slot filled from a list.
 *
 * @param seen the values of train, dev and test
 * @param heldOut the values of the hard test set; for a closed list the same ones
 */
record ListSlot(List<Value> seen, List<Value> heldOut) implements Slot {
  ListSlot {
    seen = List.copyOf(seen);
    heldOut = List.copyOf(heldOut);
  }

  /**
   * One value.
   *
   * @param canonical the value in the call
   * @param said the ways to say it
   * @param group two draws in one utterance stay inside one group
   */
  record Value(String canonical, List<String> said, int group) {
    Value {
      said = List.copyOf(said);
    }
  }

  @Override
  public Filling fill(String argument, Draw draw) {
    List<Value> values = draw.heldOut() ? heldOut : seen;
    List<Object> before = draw.drawnBy(this);
    if (!before.isEmpty()) {
      int group = ((Value) before.get(0)).group();
      values = values.stream().filter(v -> v.group() == group).toList();
    }
    Value value = draw.unused(this, values);
    return Filling.of(draw.oneOf(value.said()), argument, value.canonical());
  }
}
