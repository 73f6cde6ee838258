package org.pocketdistill.config;

import java.util.List;
import java.util.Map;

/** A YAML value that knows where it was written. Lists and maps may be changed by overrides. */
sealed interface YamlNode {
  /** Line of the key that the value belongs to, or of the list's item. */
  Place place();

  /** The value in a few words, for messages. */
  String describe();

  /** How a scalar was written; decides what it may stand for. */
  enum Style {
    /** Without quotes: a number, true, false, null or text. */
    PLAIN,
    /** In quotes or as a block: text. */
    QUOTED,
    /** On the command line, where the shell has taken the quotes: whatever is expected. */
    FLAG
  }

  record Scalar(Place place, String text, Style style) implements YamlNode {
    private static final int LONGEST = 60;

    boolean isNull() {
      return style != Style.QUOTED && (text.isEmpty() || text.equals("null") || text.equals("~"));
    }

    @Override
    public String describe() {
      if (isNull()) {
        return "no value";
      }
      String shown = text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
      return "'" + shown.replace("\n", "\\n") + "'";
    }
  }

  record Sequence(Place place, List<YamlNode> items) implements YamlNode {
    @Override
    public String describe() {
      return "a list";
    }
  }

  record Mapping(Place place, Map<String, YamlNode> entries) implements YamlNode {
    @Override
    public String describe() {
      return "a mapping";
    }
  }
}
