package org.pocketdistill.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.pocketdistill.template.CallArguments.Bound;

/** Python's {@code str.split}, {@code rsplit} and {@code splitlines}. */
final class Splitting {
  private static final String LINE_BREAKS = "\n\r\u000b\f\u001c\u001d\u001e\u0085\u2028\u2029";

  private Splitting() {}

  static Value split(String self, CallArguments arguments, Run run, boolean fromRight) {
    String name = fromRight ? "rsplit" : "split";
    Bound bound = arguments.bind(name, "sep", "maxsplit");
    String separator = bound.text(0, null);
    int most = bound.whole(1, -1);
    int limit = most < 0 ? Integer.MAX_VALUE : most;
    if (separator != null && separator.isEmpty()) {
      throw new Failure(name + ": empty separator");
    }
    List<String> parts = fromRight ? right(self, separator, limit) : left(self, separator, limit);
    run.meter().steps(parts.size());
    run.meter().characters(self.length());
    return list(parts);
  }

  private static ListValue list(List<String> parts) {
    List<Value> items = new ArrayList<>(parts.size());
    parts.forEach(part -> items.add(StrValue.of(part)));
    return ListValue.list(items);
  }

  private static List<String> left(String self, String separator, int limit) {
    List<String> parts = new ArrayList<>();
    if (separator == null) {
      int from = skip(self, 0, true);
      while (from < self.length() && parts.size() < limit) {
        int end = skip(self, from, false);
        parts.add(self.substring(from, end));
        from = skip(self, end, true);
      }
      if (from < self.length()) {
        parts.add(self.substring(from));
      }
      return parts;
    }
    int from = 0;
    int at = self.indexOf(separator);
    while (at >= 0 && parts.size() < limit) {
      parts.add(self.substring(from, at));
      from = at + separator.length();
      at = self.indexOf(separator, from);
    }
    parts.add(self.substring(from));
    return parts;
  }

  private static int skip(String text, int from, boolean space) {
    int at = from;
    while (at < text.length() && PythonText.isSpace(text.charAt(at)) == space) {
      at++;
    }
    return at;
  }

  private static int skipBack(String text, int end, boolean space) {
    int at = end;
    while (at > 0 && PythonText.isSpace(text.charAt(at - 1)) == space) {
      at--;
    }
    return at;
  }

  private static List<String> right(String self, String separator, int limit) {
    List<String> parts = new ArrayList<>();
    if (separator == null) {
      int end = skipBack(self, self.length(), true);
      while (end > 0 && parts.size() < limit) {
        int from = skipBack(self, end, false);
        parts.add(self.substring(from, end));
        end = skipBack(self, from, true);
      }
      if (end > 0) {
        parts.add(self.substring(0, end));
      }
    } else {
      int end = self.length();
      int at = self.lastIndexOf(separator);
      while (at >= 0 && parts.size() < limit) {
        parts.add(self.substring(at + separator.length(), end));
        end = at;
        at = at < separator.length() ? -1 : self.lastIndexOf(separator, at - separator.length());
      }
      parts.add(self.substring(0, end));
    }
    Collections.reverse(parts);
    return parts;
  }

  static Value splitLines(String self, CallArguments arguments) {
    boolean keepEnds = arguments.bind("splitlines", "keepends").flag(0, false);
    return list(lines(self, keepEnds));
  }

  static List<String> lines(String text, boolean keepEnds) {
    List<String> lines = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < text.length(); i++) {
      if (LINE_BREAKS.indexOf(text.charAt(i)) < 0) {
        continue;
      }
      int end = text.startsWith("\r\n", i) ? i + 2 : i + 1;
      lines.add(text.substring(from, keepEnds ? end : i));
      from = end;
      i = end - 1;
    }
    if (from < text.length()) {
      lines.add(text.substring(from));
    }
    return lines;
  }
}
