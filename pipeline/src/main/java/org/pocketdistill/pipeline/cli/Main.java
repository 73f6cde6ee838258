package org.pocketdistill.pipeline.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.config.Nearest;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.lm.ExportCheckException;
import org.pocketdistill.pipeline.train.TrainingException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Entry point of {@code distill}: finds the command, and turns what goes wrong into exit codes. */
public final class Main {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int WRONG_INPUT = 2;
  static final int GATE_MISSED = 3;

  /** As shells report Ctrl-C. */
  static final int STOPPED = 130;

  private final PrintStream out;
  private final PrintStream err;
  private final List<Command> commands;

  Main(PrintStream out, PrintStream err, List<Command> commands) {
    this.out = out;
    this.err = err;
    this.commands = List.copyOf(commands);
  }

  /** Every command, in the order of the help. */
  static List<Command> commands(PrintStream out, InputStream in) {
    return List.of(
        new RunCommand(out),
        new ValidateCommand(out),
        new PlanCommand(out),
        new CacheCommand(out),
        new EvalCommand(out),
        new ExportCommand(out),
        new VerifyCommand(out),
        new ScoreCommand(out),
        new BenchCommand(out),
        new ChatCommand(out, in, Terminal.dims()),
        new ReportCommand(out));
  }

  /** Runs a command and ends the program with its exit code. */
  public static void main(String[] arguments) {
    // Before Java 18 the encoding of standard output depends on the locale.
    PrintStream out =
        new PrintStream(
            new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)),
            true,
            StandardCharsets.UTF_8);
    System.setOut(out);
    int code = new Main(out, System.err, commands(out, System.in)).run(arguments);
    out.flush();
    System.exit(code);
  }

  /** Runs a command; gives the exit code. */
  int run(String... arguments) {
    try {
      return dispatch(List.of(arguments));
    } catch (ConfigException | DataException e) {
      err.println(e.getMessage());
      return WRONG_INPUT;
    } catch (TrainingException e) {
      err.println(e.getMessage());
      return e.reason() == TrainingException.Reason.STOPPED ? STOPPED : WRONG_INPUT;
    } catch (FileSystemException e) {
      err.println(message(e));
      return WRONG_INPUT;
    } catch (ExportCheckException e) {
      err.println(e.getMessage());
      return FAILED;
    } catch (Throwable e) {
      e.printStackTrace(err);
      return FAILED;
    }
  }

  /**
   * A path that cannot be opened, made or replaced; the reason is often only the exception's name.
   */
  private static String message(FileSystemException e) {
    String reason =
        Optional.ofNullable(e.getReason())
            .orElseGet(() -> e.getClass().getSimpleName().replace("Exception", ""));
    return e.getFile() + ": cannot be read or written: " + reason;
  }

  private int dispatch(List<String> arguments) throws Exception {
    if (arguments.isEmpty()) {
      new Help(err).overview(commands);
      return WRONG_INPUT;
    }
    String name = arguments.get(0);
    List<String> rest = arguments.subList(1, arguments.size());
    if (name.equals("--help") || name.equals("-h") || name.equals("help")) {
      if (rest.isEmpty()) {
        new Help(out).overview(commands);
      } else {
        new Help(out).command(command(rest.get(0)));
      }
      return DONE;
    }
    Command command = command(name);
    CommandLine line = Arguments.parse(command, rest);
    if (line.hasOption(Arguments.HELP)) {
      new Help(out).command(command);
      return DONE;
    }
    Arguments.requireComplete(command, line);
    configureLog(line.hasOption(Arguments.VERBOSE));
    if (command.computes()) {
      logEnvironment();
    }
    return command.run(line);
  }

  private Command command(String name) {
    return commands.stream()
        .filter(command -> command.name().equals(name))
        .findFirst()
        .orElseThrow(() -> unknown(name));
  }

  private ConfigException unknown(String name) {
    String kind = name.startsWith("-") ? "unknown option '" : "unknown command '";
    List<String> names = commands.stream().map(Command::name).toList();
    return new ConfigException(
        kind + name + "', " + Nearest.hint(name, names) + "\nSee distill --help");
  }

  private static void configureLog(boolean verbose) {
    if (verbose) {
      // Read when the first logger is made, which is after this.
      System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "debug");
    }
  }

  private static void logEnvironment() {
    Logger log = LoggerFactory.getLogger(Main.class);
    String allocator = System.getenv("POCKETDISTILL_ALLOCATOR");
    String threads = System.getenv("OMP_NUM_THREADS");
    log.info(
        "allocator: {}; threads: {} of {} processors",
        allocator == null ? "the system's (start with ./distill for a faster one)" : allocator,
        threads == null ? "as libtorch chooses" : threads,
        Runtime.getRuntime().availableProcessors());
  }
}
