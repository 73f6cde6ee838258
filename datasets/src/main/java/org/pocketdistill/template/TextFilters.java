package org.pocketdistill.template;

import static java.util.Map.entry;

import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.pocketdistill.template.CallArguments.Bound;

/** Filters that make a string of a string. */
final class TextFilters {
  static final Map<String, Filter> ALL =
      Map.ofEntries(
          entry("capitalize", simple("capitalize", Casing::capitalized)),
          entry("center", TextFilters::center),
          entry("indent", TextFilters::indent),
          entry("lower", simple("lower", Casing::lower)),
          entry("replace", TextFilters::replace),
          entry("safe", (value, arguments, run) -> safe(value, run)),
          entry("string", (value, arguments, run) -> string(value, run)),
          entry("title", simple("title", Casing::jinjaTitle)),
          entry("trim", TextFilters::trim),
          entry("upper", simple("upper", Casing::upper)),
          entry("wordcount", (value, arguments, run) -> wordCount(value, run)));

  private TextFilters() {}

  private static Filter simple(String name, UnaryOperator<String> function) {
    return (value, arguments, run) -> {
      arguments.bind(name);
      String text = text(value, name, run);
      run.meter().characters(text.length());
      return StrValue.of(function.apply(text));
    };
  }

  /** The value as a string, which must not be marked 'safe'. */
  static String text(Value value, String filter, Run run) {
    if (value instanceof StrValue string && string.markup()) {
      throw new Failure(
          "the filter '%s' after 'safe' is not supported; put 'safe' last".formatted(filter));
    }
    String text = value.string(run.meter());
    run.meter().scan(text.length());
    return text;
  }

  private static Value safe(Value value, Run run) {
    return new StrValue(value.string(run.meter()), true);
  }

  private static Value string(Value value, Run run) {
    return value instanceof StrValue ? value : StrValue.of(value.string(run.meter()));
  }

  private static Value trim(Value value, CallArguments arguments, Run run) {
    String characters = arguments.bind("trim", "chars").text(0, null);
    return StrValue.of(StrMethods.stripped(text(value, "trim", run), characters, true, true));
  }

  private static Value replace(Value value, CallArguments arguments, Run run) {
    Bound bound = arguments.bind("replace", "old", "new", "count");
    return StrValue.of(
        StrMethods.replaced(
            text(value, "replace", run),
            bound.get(0).string(run.meter()),
            bound.get(1).string(run.meter()),
            bound.whole(2, -1),
            run.meter()));
  }

  private static Value center(Value value, CallArguments arguments, Run run) {
    String text = text(value, "center", run);
    int width = arguments.bind("center", "width").whole(0, 80);
    int missing = Math.max(0, width - CodePoints.length(text));
    // Python puts the odd blank on the left where the width is odd
    int left = missing / 2 + (missing & width & 1);
    Text out = new Text(run.meter()).append(" ", left).append(text).append(" ", missing - left);
    return StrValue.of(out.toString());
  }

  private static Value indent(Value value, CallArguments arguments, Run run) {
    Bound bound = arguments.bind("indent", "width", "first", "blank");
    if (!(value instanceof StrValue)) {
      throw new Failure("indent: expected a str, found '%s'".formatted(value.type()));
    }
    String indention =
        bound.has(0) && bound.get(0) instanceof StrValue given
            ? given.value()
            : new Text(run.meter()).append(" ", Math.max(0, bound.whole(0, 4))).toString();
    boolean blank = bound.flag(2, false);
    List<String> lines = Splitting.lines(text(value, "indent", run) + "\n", false);
    Text out = new Text(run.meter());
    for (int i = 0; i < lines.size(); i++) {
      boolean indented = i == 0 ? bound.flag(1, false) : blank || !lines.get(i).isEmpty();
      out.append(i == 0 ? "" : "\n").append(indented ? indention : "").append(lines.get(i));
    }
    return StrValue.of(out.toString());
  }

  private static Value wordCount(Value value, Run run) {
    String text = text(value, "wordcount", run);
    long words = 0;
    boolean inWord = false;
    for (int c : text.codePoints().toArray()) {
      boolean letter = c == '_' || Character.isLetterOrDigit(c);
      words += letter && !inWord ? 1 : 0;
      inWord = letter;
    }
    return IntValue.of(words);
  }
}
