package org.pocketdistill.template;

import static java.util.Map.entry;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.function.IntPredicate;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;
import org.pocketdistill.template.CallArguments.Bound;

/** Methods of Python's {@code str}. */
final class StrMethods {
  /** What a method does with a string. */
  @FunctionalInterface
  private interface Method {
    Value call(String self, CallArguments arguments, Run run);
  }

  private static final Map<String, Method> METHODS =
      Map.ofEntries(
          entry("capitalize", none(Casing::capitalized)),
          entry("count", StrMethods::count),
          entry("endswith", (self, a, run) -> affix(self, a, "endswith", String::endsWith)),
          entry("find", (self, a, run) -> index(self, a, "find", self::indexOf)),
          entry("index", (self, a, run) -> found("index", index(self, a, "index", self::indexOf))),
          entry("isalnum", all(StrMethods::isAlphanumeric)),
          entry("isalpha", all(Character::isLetter)),
          entry("isdigit", all(StrMethods::isDigit)),
          entry("islower", (self, a, run) -> cased(self, a, "islower", Casing.lower(self))),
          entry("isspace", all(c -> c < 0x10000 && PythonText.isSpace((char) c))),
          entry("isupper", (self, a, run) -> cased(self, a, "isupper", Casing.upper(self))),
          entry("join", StrMethods::join),
          entry("lower", none(Casing::lower)),
          entry("lstrip", (self, a, run) -> strip(self, a, "lstrip", true, false)),
          entry("partition", (self, a, run) -> partition(self, a, "partition", self::indexOf)),
          entry("removeprefix", (self, a, run) -> removePrefix(self, a)),
          entry("removesuffix", (self, a, run) -> removeSuffix(self, a)),
          entry("replace", StrMethods::replace),
          entry("rfind", (self, a, run) -> index(self, a, "rfind", self::lastIndexOf)),
          entry(
              "rindex",
              (self, a, run) -> found("rindex", index(self, a, "rindex", self::lastIndexOf))),
          entry(
              "rpartition", (self, a, run) -> partition(self, a, "rpartition", self::lastIndexOf)),
          entry("rsplit", (self, a, run) -> Splitting.split(self, a, run, true)),
          entry("rstrip", (self, a, run) -> strip(self, a, "rstrip", false, true)),
          entry("split", (self, a, run) -> Splitting.split(self, a, run, false)),
          entry("splitlines", (self, a, run) -> Splitting.splitLines(self, a)),
          entry("startswith", (self, a, run) -> affix(self, a, "startswith", String::startsWith)),
          entry("strip", (self, a, run) -> strip(self, a, "strip", true, true)),
          entry("title", none(Casing::pythonTitle)),
          entry("upper", none(Casing::upper)),
          entry("zfill", StrMethods::zfill));

  /** First and last of Unicode's digits that no number is written with. */
  private static final int[] OTHER_DIGIT_RANGES = {
    0xb2, 0xb3, 0xb9, 0xb9, 0x1369, 0x1371, 0x19da, 0x19da, 0x2070, 0x2070, 0x2074, 0x2079, 0x2080,
    0x2089, 0x2460, 0x2468, 0x2474, 0x247c, 0x2488, 0x2490, 0x24ea, 0x24ea, 0x24f5, 0x24fd, 0x24ff,
    0x24ff, 0x2776, 0x277e, 0x2780, 0x2788, 0x278a, 0x2792, 0x10a40, 0x10a43, 0x10e60, 0x10e68,
    0x11052, 0x1105a, 0x1f100, 0x1f10a
  };

  private static final BitSet OTHER_DIGITS = new BitSet();

  static {
    for (int i = 0; i < OTHER_DIGIT_RANGES.length; i += 2) {
      OTHER_DIGITS.set(OTHER_DIGIT_RANGES[i], OTHER_DIGIT_RANGES[i + 1] + 1);
    }
  }

  private StrMethods() {}

  static boolean isKnown(String name) {
    return METHODS.containsKey(name);
  }

  /** The method; null if strings have none of that name. */
  static FunctionValue find(StrValue text, String name) {
    Method method = METHODS.get(name);
    if (method == null) {
      return null;
    }
    if (text.markup()) {
      throw new Failure("'%s' of a string marked 'safe' is not supported".formatted(name));
    }
    return new FunctionValue(
        "str." + name,
        (arguments, run) -> {
          run.meter().scan(text.value().length());
          return method.call(text.value(), arguments, run);
        });
  }

  private static Method none(UnaryOperator<String> function) {
    return (self, arguments, run) -> {
      arguments.bind("str method");
      run.meter().characters(self.length());
      return StrValue.of(function.apply(self));
    };
  }

  private static Method all(IntPredicate predicate) {
    return (self, arguments, run) -> {
      arguments.bind("str method");
      return BoolValue.of(!self.isEmpty() && self.codePoints().allMatch(predicate));
    };
  }

  /** Whether a string with letters of two cases is the same in one of them. */
  private static Value cased(String self, CallArguments arguments, String name, String other) {
    arguments.bind(name);
    boolean hasCase =
        self.codePoints()
            .anyMatch(
                c ->
                    Character.isUpperCase(c)
                        || Character.isLowerCase(c)
                        || Character.isTitleCase(c));
    return BoolValue.of(hasCase && self.equals(other));
  }

  private static boolean isAlphanumeric(int c) {
    int type = Character.getType(c);
    return Character.isLetterOrDigit(c)
        || type == Character.LETTER_NUMBER
        || type == Character.OTHER_NUMBER;
  }

  /** Superscript, subscript and circled digits count too. */
  private static boolean isDigit(int c) {
    return Character.isDigit(c)
        || (Character.getType(c) == Character.OTHER_NUMBER && OTHER_DIGITS.get(c));
  }

  private static Value count(String self, CallArguments arguments, Run run) {
    String part = arguments.bind("count", "sub").text(0);
    if (part.isEmpty()) {
      return IntValue.of(CodePoints.length(self) + 1L);
    }
    long count = 0;
    for (int i = self.indexOf(part); i >= 0; i = self.indexOf(part, i + part.length())) {
      run.meter().step();
      count++;
    }
    return IntValue.of(count);
  }

  private static Value affix(
      String self, CallArguments arguments, String name, BiPredicate<String, String> test) {
    Value affix = arguments.bind(name, "affix").get(0);
    if (affix instanceof ListValue tuple && tuple.kind() == ListValue.Kind.TUPLE) {
      return BoolValue.of(
          tuple.items().stream().anyMatch(each -> test.test(self, text(each, name))));
    }
    return BoolValue.of(test.test(self, text(affix, name)));
  }

  private static String text(Value value, String name) {
    if (value instanceof StrValue text) {
      return text.value();
    }
    if (value instanceof UndefinedValue undefined) {
      throw undefined.failure();
    }
    throw new Failure("%s: expected a str, found '%s'".formatted(name, value.type()));
  }

  private static Value index(
      String self, CallArguments arguments, String name, ToIntFunction<String> search) {
    int unit = search.applyAsInt(arguments.bind(name, "sub").text(0));
    return IntValue.of(unit < 0 ? -1 : self.codePointCount(0, unit));
  }

  private static Value found(String name, Value index) {
    if (((IntValue) index).value().signum() < 0) {
      throw new Failure("str." + name + ": substring not found");
    }
    return index;
  }

  private static Value join(String self, CallArguments arguments, Run run) {
    Text out = new Text(run.meter());
    String separator = "";
    var items = Iteration.of(arguments.bind("join", "iterable").get(0), run.meter());
    while (items.hasNext()) {
      out.append(separator).append(text(items.next(), "join"));
      separator = self;
    }
    return StrValue.of(out.toString());
  }

  private static Value strip(
      String self, CallArguments arguments, String name, boolean left, boolean right) {
    Bound bound = arguments.bind(name, "chars");
    return StrValue.of(stripped(self, bound.text(0, null), left, right));
  }

  /**
   * The string without these characters at its ends.
   *
   * @param characters null for white space
   */
  static String stripped(String self, String characters, boolean left, boolean right) {
    int start = 0;
    int end = self.length();
    while (left && start < end && isStripped(self.codePointAt(start), characters)) {
      start += Character.charCount(self.codePointAt(start));
    }
    while (right && start < end && isStripped(self.codePointBefore(end), characters)) {
      end -= Character.charCount(self.codePointBefore(end));
    }
    return self.substring(start, end);
  }

  private static boolean isStripped(int c, String characters) {
    return characters == null
        ? c < 0x10000 && PythonText.isSpace((char) c)
        : characters.indexOf(c) >= 0;
  }

  private static Value partition(
      String self, CallArguments arguments, String name, ToIntFunction<String> search) {
    String separator = arguments.bind(name, "sep").text(0);
    if (separator.isEmpty()) {
      throw new Failure(name + ": empty separator");
    }
    int at = search.applyAsInt(separator);
    List<String> parts =
        at >= 0
            ? List.of(self.substring(0, at), separator, self.substring(at + separator.length()))
            : name.equals("partition") ? List.of(self, "", "") : List.of("", "", self);
    return ListValue.tuple(parts.stream().map(StrValue::of).toArray(Value[]::new));
  }

  private static Value removePrefix(String self, CallArguments arguments) {
    String prefix = arguments.bind("removeprefix", "prefix").text(0);
    return StrValue.of(self.startsWith(prefix) ? self.substring(prefix.length()) : self);
  }

  private static Value removeSuffix(String self, CallArguments arguments) {
    String suffix = arguments.bind("removesuffix", "suffix").text(0);
    boolean ends = !suffix.isEmpty() && self.endsWith(suffix);
    return StrValue.of(ends ? self.substring(0, self.length() - suffix.length()) : self);
  }

  private static Value replace(String self, CallArguments arguments, Run run) {
    Bound bound = arguments.bind("replace", "old", "new", "count");
    return StrValue.of(
        replaced(self, bound.text(0), bound.text(1), bound.whole(2, -1), run.meter()));
  }

  /** The string with so many occurrences replaced, from the left; all if negative. */
  static String replaced(String self, String old, String by, int count, Meter meter) {
    Text out = new Text(meter);
    int from = 0;
    int left = count < 0 ? Integer.MAX_VALUE : count;
    int at = left == 0 ? -1 : self.indexOf(old);
    for (; at >= 0 && left > 0; left--) {
      meter.step();
      out.append(self.substring(from, at)).append(by);
      from = at + old.length();
      if (old.isEmpty() && at == self.length()) {
        break;
      }
      int next = old.isEmpty() ? at + Character.charCount(self.codePointAt(at)) : from;
      at = self.indexOf(old, next);
    }
    return out.append(self.substring(from)).toString();
  }

  private static Value zfill(String self, CallArguments arguments, Run run) {
    int missing = arguments.bind("zfill", "width").whole(0) - CodePoints.length(self);
    boolean signed = self.startsWith("-") || self.startsWith("+");
    Text out = new Text(run.meter()).append(signed ? self.substring(0, 1) : "");
    out.append("0", Math.max(0, missing)).append(self.substring(signed ? 1 : 0));
    return StrValue.of(out.toString());
  }
}
