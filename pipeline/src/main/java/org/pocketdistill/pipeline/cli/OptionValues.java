package org.pocketdistill.pipeline.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.config.Nearest;

/** The values given for the options of a command; what is no such value is refused. */
final class OptionValues {
  private final Command command;
  private final CommandLine line;

  OptionValues(Command command, CommandLine line) {
    this.command = command;
    this.line = line;
  }

  boolean has(String option) {
    return line.hasOption(option);
  }

  Optional<String> text(String option) {
    return Optional.ofNullable(line.getOptionValue(option));
  }

  /** All values of an option that may be repeated. */
  List<String> all(String option) {
    String[] values = line.getOptionValues(option);
    return values == null ? List.of() : List.of(values);
  }

  /** The path given for an option that is required. */
  Path path(String option) {
    return findPath(option).orElseThrow();
  }

  Optional<Path> findPath(String option) {
    return text(option).map(text -> parsePath(option, text));
  }

  private Path parsePath(String option, String text) {
    try {
      if (!text.isBlank()) {
        return Path.of(text);
      }
    } catch (InvalidPathException e) {
      throw refused("--" + option + " '" + text + "' is not a path: " + e.getReason());
    }
    throw refused("--" + option + " '" + text + "', expected a path");
  }

  /** A whole number that is at least {@code smallest}. */
  int whole(String option, int fallback, int smallest) {
    Optional<String> text = text(option);
    if (text.isEmpty()) {
      return fallback;
    }
    try {
      int number = Integer.parseInt(text.get());
      if (number >= smallest) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Refused below, like a number that is too small.
    }
    throw refused(
        "--%s '%s', expected a whole number of at least %d and below 2^31"
            .formatted(option, text.get(), smallest));
  }

  /** A number from 0 to {@code largest}. */
  double number(String option, double fallback, int largest) {
    Optional<String> text = text(option);
    if (text.isEmpty()) {
      return fallback;
    }
    try {
      double number = Double.parseDouble(text.get());
      if (number >= 0 && number <= largest) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Refused below, like a number out of range.
    }
    throw refused(
        "--%s '%s', expected a number from 0 to %d".formatted(option, text.get(), largest));
  }

  /** One of some constants, by its name in lower case. */
  <E extends Enum<E>> E choice(String option, List<E> choices, E fallback) {
    String name = text(option).orElseGet(() -> key(fallback));
    return choices.stream()
        .filter(choice -> key(choice).equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                refused(
                    "--%s '%s', %s"
                        .formatted(
                            option,
                            name,
                            Nearest.hint(name, choices.stream().map(c -> key(c)).toList()))));
  }

  /** A constant's name on the command line. */
  static String key(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** The names of constants on the command line, with commas. */
  static String keys(Enum<?>... constants) {
    return String.join(", ", Arrays.stream(constants).map(OptionValues::key).toList());
  }

  /** The command was called in a wrong way. */
  ConfigException refused(String message) {
    return Arguments.refused(command, message);
  }
}
