package org.pocketdistill.eval;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pocketdistill.data.MultipleChoice;

/** Text with the places {@code {question}} and {@code {context}}; other braces are text. */
record PromptTemplate(String text) {
  static final String QUESTION = "question";
  static final String CONTEXT = "context";
  private static final Pattern PLACE = Pattern.compile("\\{([a-z_]+)\\}");

  /** Names of all places, known or not. */
  List<String> places() {
    return PLACE.matcher(text).results().map(place -> place.group(1)).toList();
  }

  String render(MultipleChoice choice) {
    return PLACE.matcher(text).replaceAll(place -> Matcher.quoteReplacement(value(place, choice)));
  }

  /** In Jinja, as lm-evaluation-harness writes it. */
  String jinja() {
    return PLACE.matcher(text).replaceAll("{{$1}}");
  }

  private static String value(MatchResult place, MultipleChoice choice) {
    return place.group(1).equals(QUESTION) ? choice.question() : choice.context();
  }
}
