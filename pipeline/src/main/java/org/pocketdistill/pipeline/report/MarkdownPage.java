package org.pocketdistill.pipeline.report;

import java.util.List;
import java.util.regex.Pattern;
import org.pocketdistill.pipeline.report.Page.Section;
import org.pocketdistill.pipeline.report.Table.Cell;
import org.pocketdistill.pipeline.report.Table.Column;

/** The page as Markdown, tables in GitHub's form. Plots are left out, their numbers are not. */
final class MarkdownPage {
  /**
   * What would mean something in running text: emphasis, code, a cell's end; and where it starts
   * one, a link, an HTML tag, an entity.
   */
  private static final Pattern SPECIAL =
      Pattern.compile(
          "[\\\\`*|~$]|(?<![\\p{L}\\p{N}])_|_(?![\\p{L}\\p{N}])"
              + "|\\](?=[(\\[:])|<(?=[\\p{L}/!?])|&(?=[#\\p{L}])");

  private static final Pattern BACKTICKS = Pattern.compile("`+");

  private final StringBuilder out = new StringBuilder();

  private MarkdownPage() {}

  static String of(Page page) {
    MarkdownPage markdown = new MarkdownPage();
    markdown.write(page);
    return markdown.out.toString();
  }

  private void write(Page page) {
    out.append("# ").append(escape(page.title())).append("\n\n");
    for (String sentence : page.headline()) {
      out.append("- ").append(escape(sentence)).append('\n');
    }
    page.sections().forEach(this::write);
  }

  private void write(Section section) {
    out.append("\n## ").append(escape(section.title())).append('\n');
    section.notes().forEach(note -> out.append('\n').append(escape(note)).append('\n'));
    section.preformatted().ifPresent(this::writePreformatted);
    for (Table table : section.tables()) {
      if (!table.caption().equals(section.title())) {
        out.append("\n**").append(escape(table.caption())).append("**\n");
      }
      write(table);
    }
  }

  private void writePreformatted(String text) {
    String fence = fence(text, 3);
    out.append('\n').append(fence).append('\n').append(text.stripTrailing()).append('\n');
    out.append(fence).append('\n');
  }

  private void write(Table table) {
    out.append("\n|");
    for (Column column : table.columns()) {
      out.append(' ').append(escape(column.title())).append(" |");
    }
    out.append("\n|");
    for (Column column : table.columns()) {
      out.append(column.number() ? " ---: |" : " --- |");
    }
    out.append('\n');
    for (List<Cell> row : table.rows()) {
      out.append('|');
      row.forEach(cell -> out.append(' ').append(text(cell)).append(" |"));
      out.append('\n');
    }
  }

  private static String text(Cell cell) {
    return cell.code() && !cell.text().isBlank() ? code(cell.text()) : escape(cell.text());
  }

  /** A code span: nothing in it means anything but the bar, which would end the cell. */
  private static String code(String text) {
    String fence = fence(text, 1);
    return fence + " " + text.replace("|", "\\|") + " " + fence;
  }

  private static String fence(String text, int least) {
    int longest =
        BACKTICKS.matcher(text).results().mapToInt(run -> run.end() - run.start()).max().orElse(0);
    return "`".repeat(Math.max(least, longest + 1));
  }

  static String escape(String text) {
    return SPECIAL.matcher(text.replace('\n', ' ')).replaceAll("\\\\$0");
  }
}
