package org.pocketdistill.data.assistant;

import java.util.List;

/**
 * A slot of free text, composed from parts and copied into the call as it is said.
 *
 * @param seen the forms of train, dev and test
 * @param heldOut the forms of the hard test set
 */
record TextSlot(List<Template> seen, List<Template> heldOut) implements Slot {
  TextSlot {
    seen = List.copyOf(seen);
    heldOut = List.copyOf(heldOut);
  }

  @Override
  public Filling fill(String argument, Draw draw) {
    Rendering text = new Rendering();
    draw.unused(this, draw.heldOut() ? heldOut : seen).render(draw, text);
    return Filling.freeText(argument, text.text());
  }
}
