package org.pocketdistill.data.assistant;

/** A place in a phrasing that is filled anew in every utterance. Stateless, hence thread-safe. */
@FunctionalInterface
interface Slot {
  /** Draws what is said and the value of {@code argument} that it stands for. */
  Filling fill(String argument, Draw draw);
}
