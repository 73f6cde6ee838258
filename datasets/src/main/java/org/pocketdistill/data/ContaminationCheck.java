package org.pocketdistill.data;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pocketdistill.data.ContaminationReport.SetReport;

/**
 * Finds training rows that stand in an evaluation set. Add the evaluation sets first, then ask row
 * by row. Not safe for use from several threads.
 *
 * <p>A training row is contaminated if what its user says equals, word for word but for case and
 * punctuation, what the user says in an evaluation row; or if any of its turns (or its plain text)
 * shares {@value WordGrams#LENGTH} words in a row with the user's words of an evaluation row, as in
 * GPT-3 (Brown et al. 2020, appendix C). An ideograph counts as a word. Words in a row that more
 * than 10 rows of a set share, or more than half of a smaller one, are the set's form and not its
 * content: they do not count.
 */
public final class ContaminationCheck {
  private final Map<String, EvaluationIndex> sets = new LinkedHashMap<>();
  private long trainingRows;
  private long contaminatedRows;

  /** Adds a row of an evaluation set. */
  public void addEvaluationRow(String set, Example row) {
    sets.computeIfAbsent(set, name -> new EvaluationIndex()).add(row);
  }

  /** Whether the training row stands in an evaluation set; counts it for the report. */
  public boolean isContaminated(Example row) {
    trainingRows++;
    WordGrams asked = WordGrams.of(UserText.of(row));
    List<WordGrams> turns =
        row.messages().isEmpty()
            ? List.of(asked)
            : UserText.said(row, Role.USER, Role.ASSISTANT, Role.TOOL).stream()
                .map(WordGrams::of)
                .toList();
    boolean found = false;
    for (EvaluationIndex set : sets.values()) {
      found |= set.check(row, asked, turns);
    }
    contaminatedRows += found ? 1 : 0;
    return found;
  }

  /** What was found so far, set by set. */
  public ContaminationReport report() {
    List<SetReport> reports = new ArrayList<>();
    sets.forEach((name, set) -> reports.add(set.report(name)));
    return new ContaminationReport(trainingRows, contaminatedRows, reports);
  }
}
