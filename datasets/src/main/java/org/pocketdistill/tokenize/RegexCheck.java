package org.pocketdistill.tokenize;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds regular expressions that can take exponentially many steps. Oniguruma gives up after ten
 * million, and Hugging Face's library then ends the whole program.
 *
 * <p>Those are the ones that go back: a repetition of what is itself repeated or has alternatives,
 * so that the same text can be cut in many ways, and references to what was matched. That is more
 * than need be refused, and yet not proof against every expression: a row of a few repetitions
 * takes a power of the text's length.
 */
final class RegexCheck {
  private static final int MANY = 5;
  private static final Pattern QUANTIFIER = Pattern.compile("[*+]|\\{(\\d*)(,?)(\\d*)\\}");

  private final String regex;
  private final Deque<Group> open = new ArrayDeque<>();
  private int at;

  private RegexCheck(String regex) {
    this.regex = regex;
  }

  /** What is dangerous about the expression; empty if nothing was found. */
  static Optional<String> danger(String regex) {
    return new RegexCheck(regex).find();
  }

  private Optional<String> find() {
    open.push(new Group(0));
    while (at < regex.length()) {
      Optional<String> danger = next();
      if (danger.isPresent()) {
        return danger;
      }
    }
    return Optional.empty();
  }

  private Optional<String> next() {
    char c = regex.charAt(at);
    Group group = new Group(at);
    switch (c) {
      case '(' -> {
        open.push(group);
        at++;
        return Optional.empty();
      }
      case '|' -> {
        open.peek().varies = true;
        at++;
        return Optional.empty();
      }
      case '\\' -> {
        if (at + 1 < regex.length() && "123456789kg".indexOf(regex.charAt(at + 1)) >= 0) {
          return Optional.of("the reference " + regex.substring(at, at + 2));
        }
        at += 2;
        if (regex.startsWith("{", at) && "pPx".indexOf(regex.charAt(at - 1)) >= 0) {
          skipTo('}');
        }
      }
      case '[' -> skipClass();
      case ')' -> {
        group = open.size() > 1 ? open.pop() : group;
        at++;
      }
      default -> at++;
    }
    return repeat(group);
  }

  /** Reads the quantifier after an atom or a group, if there is one. */
  private Optional<String> repeat(Group group) {
    boolean variable = false;
    if (at < regex.length() && regex.charAt(at) == '?' && at > group.start + 1) {
      at++;
    }
    Matcher quantifier =
        QUANTIFIER.matcher(regex).region(Math.min(at, regex.length()), regex.length());
    if (quantifier.lookingAt()) {
      at = quantifier.end();
      boolean range = quantifier.group(1) != null;
      variable = !range || !quantifier.group(2).isEmpty();
      String most = !range ? "" : quantifier.group(variable ? 3 : 1);
      if (group.varies && isMany(most)) {
        return Optional.of("the repetition " + regex.substring(group.start, at));
      }
    }
    open.peek().varies |= variable || group.varies;
    return Optional.empty();
  }

  private static boolean isMany(String most) {
    return most.isEmpty() || most.length() > 1 || most.charAt(0) - '0' >= MANY;
  }

  private void skipTo(char end) {
    int found = regex.indexOf(end, at);
    at = found < 0 ? regex.length() : found + 1;
  }

  private void skipClass() {
    int depth = 0;
    while (at < regex.length()) {
      char c = regex.charAt(at++);
      if (c == '\\') {
        at++;
      } else if (c == '[') {
        depth++;
      } else if (c == ']' && --depth == 0) {
        return;
      }
    }
  }

  private static final class Group {
    private final int start;
    private boolean varies;

    Group(int start) {
      this.start = start;
    }
  }
}
