package org.pocketdistill.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.text.similarity.JaroWinklerSimilarity;

/** What the user may have meant by a word that is not known. */
public final class Nearest {
  // Below this, Jaro-Winkler pairs words that share little but a few letters.
  private static final double SIMILAR = 0.84;
  private static final int SHORTEST_PART = 3;

  private Nearest() {}

  /** The most similar of the known words, if any is similar. */
  public static Optional<String> to(String word, Collection<String> known) {
    return known.stream()
        .filter(candidate -> similarity(word, candidate) >= SIMILAR)
        .max(Comparator.comparingDouble(candidate -> similarity(word, candidate)));
  }

  /** The most similar of the known words, most similar first, however little that is. */
  public static List<String> of(String word, Collection<String> known, int count) {
    return known.stream()
        .sorted(
            Comparator.comparingDouble((String candidate) -> -similarity(word, candidate))
                .thenComparing(Comparator.naturalOrder()))
        .limit(count)
        .toList();
  }

  /** {@code did you mean 'x'?}, or all known words where none is similar. */
  public static String hint(String word, Collection<String> known) {
    return to(word, known)
        .map(nearest -> "did you mean '" + nearest + "'?")
        .orElseGet(
            () ->
                known.isEmpty() ? "none is known" : "expected one of " + String.join(", ", known));
  }

  private static double similarity(String word, String candidate) {
    String given = word.toLowerCase(Locale.ROOT).replace('-', '_');
    double similarity = new JaroWinklerSimilarity().apply(given, candidate);
    boolean part =
        given.length() >= SHORTEST_PART
            && (candidate.startsWith(given + "_")
                || candidate.endsWith("_" + given)
                || candidate.contains("_" + given + "_"));
    return part ? Math.max(similarity, SIMILAR) : similarity;
  }
}
