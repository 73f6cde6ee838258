package org.pocketdistill.pipeline.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;

/** Runs commands in this process, each as a user would call it, and keeps what they print. */
final class Console {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  /** Runs a command; gives the exit code. */
  int run(Object... arguments) {
    return runTyping("", arguments);
  }

  /** Runs a command that reads {@code typed}. */
  int runTyping(String typed, Object... arguments) {
    out.reset();
    err.reset();
    String[] texts = new String[arguments.length];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = arguments[i].toString();
    }
    PrintStream stdout = new PrintStream(out, true, UTF_8);
    return new Main(
            stdout,
            new PrintStream(err, true, UTF_8),
            Main.commands(stdout, new ByteArrayInputStream(typed.getBytes(UTF_8))))
        .run(texts);
  }

  String out() {
    return out.toString(UTF_8);
  }

  String err() {
    return err.toString(UTF_8);
  }
}
