package org.pocketdistill.pipeline.report;

import java.util.List;
import java.util.Optional;

/**
 * The report for people, the same for HTML and Markdown: all numbers are text already, no text is
 * escaped yet.
 *
 * @param verdict {@code passed}, {@code missed}, or empty where a job has no gates
 */
record Page(String title, String verdict, List<String> headline, List<Section> sections) {

  /**
   * A part with a heading.
   *
   * @param id for links
   * @param notes paragraphs under the heading
   * @param preformatted text to show as it is, at the end
   */
  record Section(
      String id,
      String title,
      List<String> notes,
      Optional<Chart> chart,
      List<Table> tables,
      Optional<String> preformatted) {
    static Section of(String id, String title, List<String> notes, Table... tables) {
      return new Section(id, title, notes, Optional.empty(), List.of(tables), Optional.empty());
    }

    Section with(Chart chart) {
      return new Section(id, title, notes, Optional.of(chart), tables, preformatted);
    }
  }

  /**
   * A plot.
   *
   * @param summary what it shows, for those who do not see it; the numbers stand in the tables
   * @param height in CSS pixels
   * @param option of ECharts, JSON
   */
  record Chart(String id, String summary, int height, String option) {}
}
