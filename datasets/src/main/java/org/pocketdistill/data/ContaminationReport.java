package org.pocketdistill.data;

import java.util.List;

/**
 * What a {@link ContaminationCheck} found.
 *
 * @param trainingRows training rows checked
 * @param contaminatedRows those among them that stand in an evaluation set
 * @param sets the evaluation sets, in the order they were added
 */
public record ContaminationReport(long trainingRows, long contaminatedRows, List<SetReport> sets) {
  public ContaminationReport {
    sets = List.copyOf(sets);
  }

  /**
   * One evaluation set.
   *
   * @param rows its rows
   * @param equalRows those whose user's words are a training row's
   * @param overlappingRows further ones that share a long stretch of words with a training row
   * @param trainingRows training rows that stand in this set
   * @param examples a few of these
   */
  public record SetReport(
      String set,
      long rows,
      long equalRows,
      long overlappingRows,
      long trainingRows,
      List<Finding> examples) {
    public SetReport {
      examples = List.copyOf(examples);
    }

    /** Rows of the set that were found in training. */
    public long foundRows() {
      return equalRows + overlappingRows;
    }
  }

  /**
   * An evaluation row and a training row that holds it.
   *
   * @param equal whether their users' words are equal, or only overlap
   * @param trainingText beginning of what the user says in the training row
   */
  public record Finding(
      String evaluationId, String trainingId, boolean equal, String trainingText) {}
}
