package org.pocketdistill.template;

import java.lang.management.ManagementFactory;

/** Counts what a rendering uses and stops it at its limits. Not thread-safe. */
final class Meter {
  /** Characters that cost as much as a step. */
  private static final int CHARACTERS_PER_STEP = 16;

  private static final long TIME_CHECK = 1 << 16;

  private final Limits limits;
  private long steps;
  private long nextTimeCheck = TIME_CHECK;
  private long startNanos = -1;
  private long characters;
  private int depth;

  Meter(Limits limits) {
    this.limits = limits;
  }

  Limits limits() {
    return limits;
  }

  void step() {
    steps(1);
  }

  void steps(long more) {
    steps += more;
    if (steps > limits.steps()) {
      throw new Failure("the template takes more than " + limits.steps() + " steps");
    }
    if (steps > nextTimeCheck) {
      nextTimeCheck = steps + TIME_CHECK;
      checkTime();
    }
  }

  /** Reading so many characters. */
  void scan(long length) {
    steps(1 + length / CHARACTERS_PER_STEP);
  }

  /** Making a string of so many characters: call before it is made. */
  void characters(long more) {
    characters += more;
    if (characters > limits.characters()) {
      throw new Failure(
          "the template makes strings of more than " + limits.characters() + " characters");
    }
  }

  void enter() {
    step();
    if (++depth > limits.depth()) {
      throw new Failure("the template nests more than " + limits.depth() + " calls and blocks");
    }
  }

  void leave() {
    depth--;
  }

  /** Time of the processor, not of the clock: a computer that was asleep is no endless template. */
  private void checkTime() {
    long now = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    if (startNanos < 0) {
      startNanos = now;
    } else if (now - startNanos > limits.time().toNanos()) {
      throw new Failure(
          "the template takes longer than " + limits.time().toMillis() / 1000.0 + " s");
    }
  }
}
