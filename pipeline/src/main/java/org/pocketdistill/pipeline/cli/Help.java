package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
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
          "3  the run finished and a gate (retention, size, memory) was missed");

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
    String arguments = command.arguments().isEmpty() ? "" : " " + command.arguments();
    out.println("usage: distill " + command.name() + arguments + " [OPTIONS]");
    out.println();
    for (String paragraph : command.description()) {
      paragraph(paragraph);
    }
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
