package org.pocketdistill.data;

import com.carrotsearch.hppc.LongIntHashMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.data.DuplicateReport.Pair;

/**
 * Finds rows that stand in a data set more than once; the first one stays. Not safe for use from
 * several threads.
 *
 * <p>Two rows are duplicates if the system's and the assistant's words are equal but for blanks,
 * and the user's (and tools') words are equal but for blanks, case and compatibility forms, or near
 * enough: by the Jaccard similarity of their character shingles, with MinHash. So "alarm at 7" and
 * "alarm at 8" both stay: their answers differ. Plain text is compared as the user's words.
 *
 * <p>Keeps about 0.5 KB for a short command and at most 3 KB for a row of any length.
 */
public final class Deduplicator {
  private static final int EXAMPLES = 5;

  private final Optional<NearIndex> near;
  private final LongIntHashMap exact = new LongIntHashMap();
  private final List<Kept> kept = new ArrayList<>();
  private final List<Pair> exactPairs = new ArrayList<>();
  private final List<Pair> nearPairs = new ArrayList<>();
  private long exactCount;
  private long nearCount;

  /**
   * An empty set of rows.
   *
   * @param nearThreshold smallest similarity of the users' words in a near-duplicate, in [0.5, 1];
   *     1 finds exact duplicates only
   */
  public Deduplicator(double nearThreshold) {
    if (!(nearThreshold >= 0.5 && nearThreshold <= 1)) {
      throw new IllegalArgumentException("threshold must be in [0.5, 1]: " + nearThreshold);
    }
    this.near = nearThreshold < 1 ? Optional.of(new NearIndex(nearThreshold)) : Optional.empty();
  }

  /** Whether an earlier row is the same; if not, the row is remembered. */
  public boolean isDuplicate(Example row) {
    long frame = frame(row);
    String words = Normalized.text(asked(row));
    long key = StableHash.of(frame, words);
    int equal = exact.getOrDefault(key, -1);
    if (equal >= 0) {
      exactCount++;
      note(exactPairs, equal, row, 1);
      return true;
    }
    if (near.isPresent()) {
      NearIndex.Query query = near.get().query(frame, words);
      Optional<NearIndex.Match> match = near.get().find(query);
      if (match.isPresent()) {
        nearCount++;
        note(nearPairs, match.get().number(), row, match.get().similarity());
        return true;
      }
      near.get().add(query);
    }
    exact.put(key, kept.size());
    kept.add(new Kept(row.id(), Excerpt.of(UserText.of(row))));
    return false;
  }

  /** What was found so far. */
  public DuplicateReport report() {
    long rows = kept.size() + exactCount + nearCount;
    return new DuplicateReport(rows, exactCount, nearCount, exactPairs, nearPairs);
  }

  private void note(List<Pair> pairs, int first, Example row, double similarity) {
    if (pairs.size() < EXAMPLES) {
      Kept original = kept.get(first);
      String text = Excerpt.of(UserText.of(row));
      pairs.add(new Pair(original.id(), original.text(), row.id(), text, similarity));
    }
  }

  /** A hash of what must agree to the letter. */
  private static long frame(Example row) {
    List<String> frame = new ArrayList<>();
    for (Role role : List.of(Role.SYSTEM, Role.ASSISTANT)) {
      frame.add(role.key());
      UserText.said(row, role).forEach(words -> frame.add(Normalized.collapseBlanks(words)));
    }
    row.tools().forEach(tool -> frame.add(tool.toString()));
    return StableHash.of(0, frame);
  }

  /** What must agree nearly. */
  private static String asked(Example row) {
    return row.messages().isEmpty()
        ? row.text()
        : String.join("\n", UserText.said(row, Role.USER, Role.TOOL));
  }

  /** What is told of a row when a later one turns out to be its duplicate. */
  private record Kept(String id, String text) {}
}
