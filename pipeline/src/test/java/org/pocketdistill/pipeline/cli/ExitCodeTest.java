package org.pocketdistill.pipeline.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.AccessDeniedException;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.junit.jupiter.api.Test;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.lm.ExportCheckException;

class ExitCodeTest {
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(Callable<Integer> work) {
    PrintStream out = new PrintStream(new ByteArrayOutputStream(), true, UTF_8);
    return new Main(out, new PrintStream(err, true, UTF_8), List.of(new Work(work))).run("work");
  }

  /** A command that does what a test wants. */
  record Work(Callable<Integer> work) implements Command {
    @Override
    public String name() {
      return "work";
    }

    @Override
    public String arguments() {
      return "";
    }

    @Override
    public String summary() {
      return "works";
    }

    @Override
    public List<String> description() {
      return List.of("Works.");
    }

    @Override
    public List<String> examples() {
      return List.of("distill work");
    }

    @Override
    public Options options() {
      return new Options();
    }

    @Override
    public int run(CommandLine line) throws Exception {
      return work.call();
    }
  }

  @Test
  void isTheCommandsOwnWhereNothingGoesWrong() {
    assertThat(run(() -> Main.DONE)).isZero();
    assertThat(run(() -> Main.GATE_MISSED)).isEqualTo(3);
    assertThat(err.toString(UTF_8)).isEmpty();
  }

  @Test
  void isTwoWithOneBlockWhereTheConfigurationIsWrong() {
    int code =
        run(
            () -> {
              throw new ConfigException("no such thing");
            });

    assertThat(code).isEqualTo(2);
    assertThat(err.toString(UTF_8).lines()).containsExactly("no such thing");
  }

  @Test
  void isTwoWithOneBlockWhereTheDataAreWrong() {
    int code =
        run(
            () -> {
              throw new DataException("rows.jsonl:3: not JSON", new IllegalStateException("inner"));
            });

    assertThat(code).isEqualTo(2);
    assertThat(err.toString(UTF_8).lines()).containsExactly("rows.jsonl:3: not JSON");
  }

  @Test
  void isTwoWhereAPathCannotBeUsed() {
    int code =
        run(
            () -> {
              throw new AccessDeniedException("/locked/x");
            });

    assertThat(code).isEqualTo(2);
    assertThat(err.toString(UTF_8).lines())
        .containsExactly("/locked/x: cannot be read or written: AccessDenied");
  }

  @Test
  void isOneWithoutStackTraceWhereAnExportFailsItsCheck() {
    int code =
        run(
            () -> {
              throw new ExportCheckException("too far off");
            });

    assertThat(code).isEqualTo(1);
    assertThat(err.toString(UTF_8).lines())
        .containsExactly("the exported model fails its check: too far off");
  }

  @Test
  void isOneWithTheStackTraceOfABug() {
    int code =
        run(
            () -> {
              throw new IllegalStateException("a bug");
            });

    assertThat(code).isEqualTo(1);
    assertThat(err.toString(UTF_8))
        .startsWith("java.lang.IllegalStateException: a bug")
        .contains("\tat org.pocketdistill.pipeline.cli.ExitCodeTest");
  }

  @Test
  void isOneWhereMemoryRunsOut() {
    int code =
        run(
            () -> {
              throw new OutOfMemoryError("heap");
            });

    assertThat(code).isEqualTo(1);
    assertThat(err.toString(UTF_8)).contains("OutOfMemoryError: heap");
  }
}
