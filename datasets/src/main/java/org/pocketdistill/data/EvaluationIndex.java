package org.pocketdistill.data;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.pocketdistill.data.ContaminationReport.Finding;
import org.pocketdistill.data.ContaminationReport.SetReport;

/** What the users of one evaluation set say, by hash, and which of its rows were found. */
final class EvaluationIndex {
  private static final int MAX_SHARING = 10;
  private static final int EXAMPLES = 5;

  private final List<String> ids = new ArrayList<>();
  private final LongMultimap wholes = new LongMultimap();
  private final LongMultimap grams = new LongMultimap();
  private final BitSet equal = new BitSet();
  private final BitSet overlapping = new BitSet();
  private final List<Finding> examples = new ArrayList<>();
  private long trainingRows;

  void add(Example row) {
    int number = ids.size();
    ids.add(row.id());
    WordGrams asked = WordGrams.of(UserText.of(row));
    if (asked.whole() != 0) {
      wholes.add(asked.whole(), number);
    }
    for (long gram : asked.grams()) {
      int newest = grams.newest(gram);
      boolean counted = newest != LongMultimap.NONE && grams.value(newest) == number;
      if (!counted && sharing(gram) <= MAX_SHARING) {
        grams.add(gram, number);
      }
    }
  }

  /**
   * Whether the training row stands in the set.
   *
   * @param asked what its user says
   * @param turns what everybody says, turn by turn
   */
  boolean check(Example row, WordGrams asked, List<WordGrams> turns) {
    int first = asked.whole() == 0 ? LongMultimap.NONE : mark(wholes, asked.whole(), equal);
    int overlap = LongMultimap.NONE;
    int limit = Math.min(MAX_SHARING, Math.max(1, ids.size() / 2));
    for (WordGrams turn : turns) {
      for (long gram : turn.grams()) {
        if (grams.newest(gram) != LongMultimap.NONE && sharing(gram) <= limit) {
          overlap = mark(grams, gram, overlapping);
        }
      }
    }
    boolean isEqual = first != LongMultimap.NONE;
    if (!isEqual && overlap == LongMultimap.NONE) {
      return false;
    }
    trainingRows++;
    if (examples.size() < EXAMPLES) {
      String evaluationId = ids.get(isEqual ? first : overlap);
      examples.add(new Finding(evaluationId, row.id(), isEqual, Excerpt.of(UserText.of(row))));
    }
    return true;
  }

  SetReport report(String name) {
    BitSet overlapOnly = (BitSet) overlapping.clone();
    overlapOnly.andNot(equal);
    return new SetReport(
        name, ids.size(), equal.cardinality(), overlapOnly.cardinality(), trainingRows, examples);
  }

  /** Marks the rows under the key; one of them, or {@link LongMultimap#NONE}. */
  private static int mark(LongMultimap index, long key, BitSet marks) {
    int row = LongMultimap.NONE;
    int entry = index.newest(key);
    for (; entry != LongMultimap.NONE; entry = index.older(entry)) {
      row = index.value(entry);
      marks.set(row);
    }
    return row;
  }

  private int sharing(long gram) {
    int count = 0;
    int entry = grams.newest(gram);
    for (; entry != LongMultimap.NONE; entry = grams.older(entry)) {
      count++;
    }
    return count;
  }
}
