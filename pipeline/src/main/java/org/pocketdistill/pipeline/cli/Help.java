package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.help.HelpFormatter;
import org.apache.commons.cli.help.TextHelpAppendable;
import org.apache.commons.text.WordUtils;

/** Writes help that is enough to work with. */
final class Help {
  private static final int WIDTH = 96;
  private static final List<String> EXIT_CODES =
      List.of(
          "0  done",
          "1  a bug or a failed environment; the stack trace says where",
          "2  the configuration, the data or the command line is wrong; one message says what",
          "3  the run finished and a gate (retention, size, memory) was missed",
          "130  stopped by Ctrl-C");

  private final PrintStream out;

  Help(PrintStream out) {
    this.out = out;
  }

  /** All commands. */
  void overview(List<Command> commands) {
    out.println("usage: distill COMMAND [ARGUMENTS]");
    out.println();
    paragraph(
        "Distils a language model into one that fits a phone: one YAML file in; the compact model,"
            + " its LoRA adapters, its quantised ONNX package and a report that says how much of"
            + " the teacher's ability is left, out.");
    out.println("Commands:");
    int width = commands.stream().mapToInt(command -> command.name().length()).max().orElse(0);
    for (Command command : commands) {
      out.printf("  %-" + width + "s  %s%n", command.name(), command.summary());
    }
    out.println();
    out.println("distill COMMAND --help says more about a command.");
    exitCodes();
  }

  /** One command. */
  void command(Command command) throws IOException {
    out.println(usage(command));
    out.println();
    describe(command.description());
    TextHelpAppendable table = new TextHelpAppendable(out);
    table.setMaxWidth(WIDTH);
    HelpFormatter.builder()
        .setShowSince(false)
        .setHelpAppendable(table)
        .get()
        .printOptions(Arguments.allOptions(command));
    out.println("Examples:");
    command.examples().forEach(example -> out.println("  " + example));
    exitCodes();
  }

  private static String usage(Command command) {
    StringBuilder usage = new StringBuilder("usage: distill ").append(command.name());
    if (!command.arguments().isEmpty()) {
      usage.append(' ').append(command.arguments());
    }
    Options options = command.options();
    if (!command.alternatives().isEmpty()) {
      List<String> choices =
          command.alternatives().stream().map(name -> option(options, name)).toList();
      usage.append(" (").append(String.join(" | ", choices)).append(')');
    }
    for (String name : command.required()) {
      usage.append(' ').append(option(options, name));
    }
    return usage.append(" [OPTIONS]").toString();
  }

  private static String option(Options options, String name) {
    return "--" + name + " " + options.getOption("--" + name).getArgName();
  }

  /** Paragraphs, with an empty line before each that is not an indented line below another. */
  private void describe(List<String> paragraphs) {
    for (int i = 0; i < paragraphs.size(); i++) {
      String paragraph = paragraphs.get(i);
      boolean next = i + 1 < paragraphs.size() && paragraphs.get(i + 1).startsWith(" ");
      out.println(paragraph.startsWith(" ") ? paragraph : WordUtils.wrap(paragraph, WIDTH));
      if (!next) {
        out.println();
      }
    }
  }

  private void exitCodes() {
    out.println();
    out.println("Exit codes:");
    EXIT_CODES.forEach(code -> out.println("  " + code));
    out.flush();
  }

  private void paragraph(String text) {
    out.println(WordUtils.wrap(text, WIDTH));
    out.println();
  }
}
