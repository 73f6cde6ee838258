package org.pocketdistill.data.assistant;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.IntSupplier;
import org.apache.commons.rng.UniformRandomProvider;

/**
 * The random draws of one utterance. It remembers what was drawn, so that nothing is said twice
 * ("coffee with Anna and Anna") and units stay comparable. For one thread.
 */
final class Draw {
  private static final int HELD_OUT_ONE_IN = 5;

  private final UniformRandomProvider rng;
  private final boolean heldOut;
  private final IdentityHashMap<Object, List<Object>> drawn = new IdentityHashMap<>();

  /**
   * The draws of one utterance.
   *
   * @param heldOut whether open slots draw from the values that only the hard test set has
   */
  Draw(UniformRandomProvider rng, boolean heldOut) {
    this.rng = rng;
    this.heldOut = heldOut;
  }

  boolean heldOut() {
    return heldOut;
  }

  boolean chance(double probability) {
    return rng.nextDouble() < probability;
  }

  <T> T oneOf(List<T> candidates) {
    return candidates.get(rng.nextInt(candidates.size()));
  }

  /** One of the candidates that {@code owner} has not drawn in this utterance, if any is left. */
  <T> T unused(Object owner, List<T> candidates) {
    List<Object> before = drawn.computeIfAbsent(owner, o -> new ArrayList<>());
    List<T> left = candidates;
    if (!before.isEmpty()) {
      left = candidates.stream().filter(c -> !before.contains(c)).toList();
    }
    T choice = oneOf(left.isEmpty() ? candidates : left);
    before.add(choice);
    return choice;
  }

  /** What {@code owner} has drawn in this utterance. */
  List<Object> drawnBy(Object owner) {
    return drawn.getOrDefault(owner, List.of());
  }

  /** A number in [0, bound). */
  int below(int bound) {
    return rng.nextInt(bound);
  }

  /** A number in [low, high] on this draw's side of the fixed line between seen and held-out. */
  int number(int low, int high) {
    return number(() -> low + below(high - low + 1));
  }

  /** A number from {@code source} on this draw's side of that line; the source has both sides. */
  int number(IntSupplier source) {
    int value;
    do {
      value = source.getAsInt();
    } while (isHeldOut(value) != heldOut);
    return value;
  }

  /**
   * Fixed over seeds and languages: whether a number is one of those kept for the hard test set.
   */
  static boolean isHeldOut(int value) {
    int mixed = (value + 1) * 0x9E3779B1;
    mixed = (mixed ^ (mixed >>> 15)) * 0x85EBCA77;
    return Integer.remainderUnsigned(mixed ^ (mixed >>> 13), HELD_OUT_ONE_IN) == 0;
  }
}
