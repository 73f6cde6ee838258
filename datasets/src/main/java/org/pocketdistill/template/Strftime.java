package org.pocketdistill.template;

import java.time.LocalDateTime;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.util.Locale;

/** C's {@code strftime} in English, for a time without a zone. */
final class Strftime {
  private Strftime() {}

  /**
   * The time in this format; {@code %-d} leaves out leading zeros, as in the GNU library.
   *
   * @throws Failure if a directive is unknown
   */
  static String format(String format, LocalDateTime time) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%') {
        out.append(c);
        continue;
      }
      boolean bare = format.startsWith("-", i + 1);
      i += bare ? 2 : 1;
      if (i >= format.length()) {
        throw new Failure("strftime_now: the format ends with %");
      }
      String value = directive(format.charAt(i), time);
      out.append(bare ? value.replaceFirst("^[0 ]+(?=\\d)", "") : value);
    }
    return out.toString();
  }

  private static String directive(char directive, LocalDateTime time) {
    return switch (directive) {
      case 'a' -> time.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
      case 'A' -> time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case 'b', 'h' ->
          time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH).substring(0, 3);
      case 'B' -> time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case 'd' -> "%02d".formatted(time.getDayOfMonth());
      case 'D' -> format("%m/%d/%y", time);
      case 'e' -> "%2d".formatted(time.getDayOfMonth());
      case 'f' -> "%06d".formatted(time.get(ChronoField.MICRO_OF_SECOND));
      case 'F' -> format("%Y-%m-%d", time);
      case 'H' -> "%02d".formatted(time.getHour());
      case 'I' -> "%02d".formatted(time.get(ChronoField.CLOCK_HOUR_OF_AMPM));
      case 'j' -> "%03d".formatted(time.getDayOfYear());
      case 'm' -> "%02d".formatted(time.getMonthValue());
      case 'M' -> "%02d".formatted(time.getMinute());
      case 'n' -> "\n";
      case 'p' -> time.getHour() < 12 ? "AM" : "PM";
      case 'R' -> format("%H:%M", time);
      case 'S' -> "%02d".formatted(time.getSecond());
      case 't' -> "\t";
      case 'T' -> format("%H:%M:%S", time);
      case 'u' -> String.valueOf(time.getDayOfWeek().getValue());
      case 'V' -> "%02d".formatted(time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
      case 'w' -> String.valueOf(time.getDayOfWeek().getValue() % 7);
      case 'y' -> "%02d".formatted(time.getYear() % 100);
      case 'Y' -> String.valueOf(time.getYear());
      case 'z', 'Z' -> "";
      case '%' -> "%";
      default -> throw new Failure("strftime_now: unknown directive %" + directive);
    };
  }
}
