package org.pocketdistill.pipeline.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.MissingArgumentException;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.apache.commons.cli.UnrecognizedOptionException;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.config.Nearest;

/** The arguments of a command: common options, and parsing with helpful refusals. */
final class Arguments {
  static final String HELP = "help";
  static final String VERBOSE = "verbose";
  static final String SET = "set";

  private Arguments() {}

  /** {@code --set KEY=VALUE}, any number of times. */
  static Option set() {
    return Option.builder()
        .longOpt(SET)
        .hasArg()
        .argName("KEY=VALUE")
        .desc(
            "overrides a key of the file, for example distill.temperature=2 or lora.0.r=4;"
                + " may be given several times")
        .get();
  }

  /** A long option with a value. */
  static Option value(String name, String argument, String description) {
    return Option.builder().longOpt(name).hasArg().argName(argument).desc(description).get();
  }

  /** A long option without a value. */
  static Option flag(String name, String description) {
    return Option.builder().longOpt(name).desc(description).get();
  }

  /** The options of a command with those that every command has. */
  static Options allOptions(Command command) {
    return new Options()
        .addOptions(command.options())
        .addOption(flag(VERBOSE, "logs more"))
        .addOption(Option.builder("h").longOpt(HELP).desc("shows this help").get());
  }

  /** Parses what follows the command's name. */
  static CommandLine parse(Command command, List<String> arguments) {
    Options options = allOptions(command);
    DefaultParser parser =
        DefaultParser.builder()
            .setAllowPartialMatching(false)
            .setStripLeadingAndTrailingQuotes(false)
            .get();
    try {
      return parser.parse(options, arguments.toArray(String[]::new));
    } catch (UnrecognizedOptionException e) {
      String name = e.getOption().replaceFirst("^-+", "").replaceFirst("=.*", "");
      List<String> known = options.getOptions().stream().map(Option::getLongOpt).toList();
      String hint =
          Nearest.to(name, known)
              .map(nearest -> ", did you mean '--" + nearest + "'?")
              .orElseGet(() -> ", expected one of --" + String.join(", --", known));
      throw refused(command, "unknown option '" + e.getOption() + "'" + hint);
    } catch (MissingArgumentException e) {
      Option option = e.getOption();
      throw refused(
          command, "option '--" + option.getLongOpt() + "' needs a value " + option.getArgName());
    } catch (ParseException e) {
      throw refused(command, e.getMessage());
    }
  }

  /** The only argument that is no option. */
  static Path onlyPath(Command command, CommandLine line) {
    List<String> given = line.getArgList();
    if (given.size() != 1) {
      throw refused(
          command,
          "expected " + command.arguments() + ", got " + (given.isEmpty() ? "nothing" : given));
    }
    try {
      return Path.of(given.get(0));
    } catch (InvalidPathException e) {
      throw refused(command, "not a path: " + e.getMessage());
    }
  }

  /**
   * Checks that what must be given is, and nothing is given that has no place.
   *
   * @throws ConfigException if not
   */
  static void requireComplete(Command command, CommandLine line) {
    List<String> missing =
        command.required().stream()
            .filter(option -> !line.hasOption(option))
            .map(option -> "'--" + option + "'")
            .toList();
    if (!missing.isEmpty()) {
      throw refused(
          command,
          (missing.size() == 1 ? "missing option " : "missing options ")
              + String.join(", ", missing));
    }
    requireOne(command, line);
    if (command.arguments().isEmpty() && !line.getArgList().isEmpty()) {
      throw refused(
          command, "unexpected argument '" + line.getArgList().get(0) + "', expected options only");
    }
  }

  private static void requireOne(Command command, CommandLine line) {
    List<String> choices = command.alternatives();
    long given = choices.stream().filter(line::hasOption).count();
    if (!choices.isEmpty() && given != 1) {
      String names = "'--" + String.join("', '--", choices) + "'";
      throw refused(
          command,
          given == 0 ? "missing option, one of " + names : names + " exclude each other; give one");
    }
  }

  /** The values of {@code --set}. */
  static List<String> overrides(CommandLine line) {
    String[] values = line.getOptionValues(SET);
    return values == null ? List.of() : List.of(values);
  }

  /** The command was called in a wrong way. */
  static ConfigException refused(Command command, String message) {
    return new ConfigException(
        "distill %s: %s%nSee distill %s --help".formatted(command.name(), message, command.name()));
  }
}
