package org.pocketdistill.pipeline;

import java.util.Map;
import java.util.TreeMap;

/** Remembers how far from the originals the cases of a test were at most, and prints it. */
public final class LargestDifference {
  private final String subject;
  private final Map<String, Double> largest = new TreeMap<>();

  /**
   * Nothing yet.
   *
   * @param subject what is compared with what, as it is printed
   */
  public LargestDifference(String subject) {
    this.subject = subject;
  }

  /** A difference of either sign. */
  public void add(String figure, double difference) {
    largest.merge(figure, Math.abs(difference), Math::max);
  }

  /** A line for each figure. */
  public void print() {
    largest.forEach(
        (figure, difference) ->
            System.out.printf("%s, %s: largest difference %.1e%n", subject, figure, difference));
  }
}
