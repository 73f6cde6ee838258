package org.pocketdistill.pipeline.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A table of text.
 *
 * @param rows as many cells each as there are columns; the first cell is the row's head
 */
record Table(String caption, List<Column> columns, List<List<Cell>> rows) {
  Table {
    columns = List.copyOf(columns);
    rows = List.copyOf(rows);
    for (List<Cell> row : rows) {
      if (row.size() != columns.size()) {
        throw new IllegalArgumentException(
            caption + ": " + row.size() + " cells in " + columns.size() + " columns");
      }
    }
  }

  /** A column of text, or of numbers, which stand to the right. */
  record Column(String title, boolean number) {}

  /** A cell; {@code code} for what stands in a file or came out of a model. */
  record Cell(String text, boolean code) {
    Cell {
      text = VisibleText.of(text);
    }
  }

  static Builder titled(String caption) {
    return new Builder(caption);
  }

  /** Collects columns and rows. */
  static final class Builder {
    private final String caption;
    private final List<Column> columns = new ArrayList<>();
    private final List<List<Cell>> rows = new ArrayList<>();

    private Builder(String caption) {
      this.caption = caption;
    }

    Builder texts(String... titles) {
      Arrays.stream(titles).forEach(title -> columns.add(new Column(title, false)));
      return this;
    }

    Builder numbers(String... titles) {
      Arrays.stream(titles).forEach(title -> columns.add(new Column(title, true)));
      return this;
    }

    Builder row(String... texts) {
      rows.add(Arrays.stream(texts).map(text -> new Cell(text, false)).toList());
      return this;
    }

    Builder row(List<Cell> cells) {
      rows.add(List.copyOf(cells));
      return this;
    }

    boolean isEmpty() {
      return rows.isEmpty();
    }

    Table build() {
      return new Table(caption, columns, rows);
    }
  }

  /** A number that may be missing, as text. */
  static <T> String orNone(Optional<T> value, java.util.function.Function<T, String> format) {
    return value.map(format).orElse(Figures.NONE);
  }
}
