package org.pocketdistill.data;

import java.util.List;

/**
 * What a {@link Deduplicator} found.
 *
 * @param rows rows seen, duplicates included
 * @param exact rows removed as equal to an earlier one
 * @param near rows removed as similar to an earlier one
 * @param exactPairs a few of the former
 * @param nearPairs a few of the latter
 */
public record DuplicateReport(
    long rows, long exact, long near, List<Pair> exactPairs, List<Pair> nearPairs) {
  public DuplicateReport {
    exactPairs = List.copyOf(exactPairs);
    nearPairs = List.copyOf(nearPairs);
  }

  /**
   * A row that stays and its duplicate.
   *
   * @param keptText beginning of what the user says in the row that stays
   * @param removedText the same of the duplicate
   * @param similarity Jaccard similarity of the users' words; 1 in an exact pair
   */
  public record Pair(
      String keptId, String keptText, String removedId, String removedText, double similarity) {}
}
