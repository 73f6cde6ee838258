package org.pocketdistill.pipeline.cli;

import java.io.Console;
import java.util.Map;
import java.util.Optional;

/** What the terminal can show. */
final class Terminal {
  private Terminal() {}

  /** Whether standard output is a terminal that shows dimmed text. */
  static boolean dims() {
    return dims(isThere(), System.getenv());
  }

  /** NO_COLOR is the convention of no-color.org. */
  static boolean dims(boolean terminal, Map<String, String> environment) {
    String type = environment.getOrDefault("TERM", "");
    return terminal
        && Optional.ofNullable(environment.get("NO_COLOR")).orElse("").isEmpty()
        && !type.isEmpty()
        && !type.equals("dumb");
  }

  @SuppressWarnings("SystemConsoleNull") // what holds from Java 22 on is asked below
  private static boolean isThere() {
    Console console = System.console();
    if (console == null) {
      return false;
    }
    try {
      // From Java 22 on there is a console also where output goes to a file; it can tell.
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (NoSuchMethodException e) {
      return true;
    } catch (ReflectiveOperationException e) {
      return false;
    }
  }
}
