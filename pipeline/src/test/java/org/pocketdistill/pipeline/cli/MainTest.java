package org.pocketdistill.pipeline.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
  private static final String QUICKSTART = Path.of("..", "configs", "quickstart.yaml").toString();
  private static final String SNIPS = Path.of("..", "configs", "snips.yaml").toString();

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @TempDir private Path folder;

  private int run(String... arguments) {
    out.reset();
    err.reset();
    PrintStream stdout = new PrintStream(out, true, UTF_8);
    return new Main(
            stdout,
            new PrintStream(err, true, UTF_8),
            Main.commands(stdout, InputStream.nullInputStream()))
        .run(arguments);
  }

  private String out() {
    return out.toString(UTF_8);
  }

  private String err() {
    return err.toString(UTF_8);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "-h", "help"})
  void listsTheCommands(String argument) {
    assertThat(run(argument)).isEqualTo(Main.DONE);
    assertThat(out()).contains("usage: distill COMMAND", "  validate  ", "  plan  ", "Exit codes:");
    assertThat(err()).isEmpty();
  }

  @Test
  void showsTheHelpWhereNothingWasAsked() {
    assertThat(run()).isEqualTo(Main.WRONG_INPUT);
    assertThat(err()).contains("usage: distill COMMAND");
    assertThat(out()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "run | JOB.yaml",
        "validate | JOB.yaml",
        "plan | JOB.yaml",
        "eval | --model PATH --tasks NAMES --data FILE",
        "export | --model PATH --to PATH",
        "verify | DIR",
        "score | --model PATH --input FILE.jsonl",
        "bench | '(--model PATH | --package DIR)'",
        "chat | '(--model PATH | --package DIR)'",
        "report | RUN",
      })
  void explainsACommand(String command, String arguments) {
    assertThat(run(command, "--help")).isEqualTo(Main.DONE);
    String help = out();
    assertThat(help)
        .startsWith("usage: distill " + command + " " + arguments + " [OPTIONS]\n")
        .contains("--verbose", "--help", "Examples:\n  distill " + command + " ", "  3  ");
    assertThat(help.lines()).allSatisfy(line -> assertThat(line.length()).isLessThan(100));

    assertThat(run("help", command)).isEqualTo(Main.DONE);
    assertThat(out()).isEqualTo(help);
  }

  @Test
  void listsOneLineForEveryCommand() {
    run("--help");

    for (Command command : Main.commands(System.out, System.in)) {
      assertThat(out()).containsPattern("\n  " + command.name() + " +" + command.summary() + "\n");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "valdate | unknown command 'valdate', did you mean 'validate'?",
        "xyz | unknown command 'xyz', expected one of run, validate, plan, cache, eval",
        "--halp | unknown option '--halp', expected one of run, validate, plan, cache, eval",
        "validate --verbos x | distill validate: unknown option '--verbos', did you mean '--verbose'?",
        "validate -q x | unknown option '-q', expected one of --",
        "validate | distill validate: expected JOB.yaml, got nothing",
        "validate a b | distill validate: expected JOB.yaml, got [a, b]",
        "validate x --set | distill validate: option '--set' needs a value KEY=VALUE",
        "plan missing.yaml | missing.yaml: no such file",
        "eval --data x | distill eval: missing options '--model', '--tasks'",
        "score x --model a --input b | distill score: unexpected argument 'x', expected options only",
        "bench | distill bench: missing option, one of '--model', '--package'",
        "chat --model a --package b | '--model', '--package' exclude each other; give one",
        "bench --model | distill bench: option '--model' needs a value PATH",
        "chat --model= | distill chat: --model '', expected a path",
        "chat --model a --promt b | unknown option '--promt', did you mean '--prompt'?",
        "report no/such/run | no config.yaml in it",
      })
  void refusesAWrongCommandLine(String arguments, String message) {
    assertThat(run(arguments.split(" ", -1))).isEqualTo(Main.WRONG_INPUT);
    assertThat(err()).contains(message).doesNotContain("\tat ");
    assertThat(out()).isEmpty();
  }

  @Test
  void saysWhatASoundJobWouldDo() {
    assertThat(
            run(
                "validate",
                QUICKSTART,
                "--set",
                "name=trial",
                "--set",
                "lora.0.r=3",
                "--set",
                "lora.0.train.max_steps=70",
                "--set",
                "teacher.model.num_hidden_layers=7",
                "--set",
                "distill.temperature=2"))
        .as(err())
        .isEqualTo(Main.DONE);
    assertThat(out())
        .contains(QUICKSTART + ": no problems.")
        .containsSubsequence(
            "data ",
            "evaluation sets: test, hard",
            "teacher ",
            "7 layers of width",
            "student ",
            "distill ",
            "forward_kl, temperature 2",
            "lora ",
            "phone (r 3, 70 steps)",
            "export ",
            "fp32, int8, with adapter phone merged",
            "evaluate ",
            "function_call on test",
            "report ",
            Path.of("runs", "trial").toString());
    assertThat(err()).isEmpty();
  }

  @Test
  void reportsEveryProblemInOneBlock() throws IOException {
    Path job = folder.resolve("bad job.yaml");
    Files.writeString(job, "name: ../x\nseed: -1\nstudant: {}\n");

    assertThat(run("validate", job.toString(), "--set", "seed=x")).isEqualTo(Main.WRONG_INPUT);
    assertThat(err().lines())
        .contains(
            job
                + ":1: name: '../x' is not a plain file name; use letters, digits, '_', '-', '.'"
                + " and at most 100 characters",
            job + ":3: studant: unknown key, did you mean 'student'?",
            "--set seed=x: seed: expected a whole number of at least 0, got 'x'")
        .allSatisfy(line -> assertThat(line).containsAnyOf(job.toString(), "--set "));
    assertThat(out()).isEmpty();
  }

  @Test
  void reportsDataFilesThatDoNotExist() {
    assertThat(run("validate", SNIPS, "--set", "data.dir=" + folder)).isEqualTo(Main.WRONG_INPUT);
    assertThat(err().lines())
        .hasSize(6)
        .contains(
            SNIPS
                + ": data.test.home.0.path: no such file: "
                + folder.resolve("home_assistant_intents/en.jsonl.gz")
                + "; relative paths start at data.dir");
  }

  @Test
  void acceptsAJobWhoseDataFilesExist() throws IOException {
    for (String file : new String[] {"snips/train", "snips/valid", "home_assistant_intents/en"}) {
      Path path = folder.resolve(file + ".jsonl.gz");
      Files.createDirectories(path.getParent());
      Files.createFile(path);
    }

    assertThat(run("validate", SNIPS, "--set", "data.dir=" + folder)).as(err()).isZero();
  }

  @Test
  void reportsATeacherFolderThatDoesNotExist() {
    assertThat(run("validate", QUICKSTART, "--set", "teacher={path: no/such}"))
        .isEqualTo(Main.WRONG_INPUT);
    assertThat(err())
        .contains("teacher.path: no such folder or GGUF file: " + Path.of("no", "such"));
  }

  @Test
  void readsTheNameOfATeacherOnTheHubWithoutAskingForIt() {
    assertThat(run("validate", QUICKSTART, "--set", "teacher={path: 'hf://no-such/model@v1'}"))
        .as(err())
        .isZero();
    assertThat(out()).contains("load hf://no-such/model@v1");

    assertThat(run("validate", QUICKSTART, "--set", "teacher={path: 'hf://datasets/a/b'}"))
        .isEqualTo(Main.WRONG_INPUT);
    assertThat(err())
        .contains("teacher.path: 'hf://datasets/a/b' names no model on the hub: 'datasets' are no");
  }

  @Test
  void plansWhatAJobCosts() {
    assertThat(run("plan", QUICKSTART, "--set", "teacher.train.precision=fp32"))
        .as(err())
        .isEqualTo(Main.DONE);
    assertThat(out())
        .contains("parameters", "teacher", "student", "times smaller")
        .contains("memory at the peak", "lora phone", "disk", "int8 weights", "KV cache")
        .contains("on iPhone 15 Pro (3,000 MB for an app, 51.2 GB/s), ", "        fits")
        .containsPattern(
            "time on this machine, about\\n  data +\\d+ (s|min)\\n  teacher +[\\d.]+ (s|min|h) +\\d+ steps, ")
        .containsPattern(
            "  evaluate +[\\d.]+ (s|min|h)  7 models, 600 items\\n  all +[\\d.]+ (s|min|h) ");
  }

  @Test
  void aPackageBeyondThePhoneThatIsNamedMissesAGate() throws IOException {
    Path phones = folder.resolve("phones.yaml");
    Files.writeString(
        phones,
        "phones: [{name: tiny, ram_mb: 40, storage_mb: 9, bandwidth_gb_s: 1, int8_gops: 1,"
            + " fp32_gflops: 1}]");

    assertThat(run("plan", QUICKSTART, "--phones", phones.toString(), "--phone", "tiny"))
        .as(err())
        .isEqualTo(Main.GATE_MISSED);
    assertThat(out())
        .contains("on tiny (40 MB for an app, 1.0 GB/s)")
        .containsPattern("int8 on tiny: [\\d.]+ MB of memory of 40, [\\d.]+ MB of storage of 9: ")
        .doesNotContain("time on this machine");

    assertThat(run("plan", QUICKSTART, "--phone", "Nokia")).isEqualTo(Main.WRONG_INPUT);
    assertThat(err()).contains("phone 'Nokia', expected one of iPhone 15 Pro, Xiaomi 14");
    Files.writeString(phones, "phones: 7");
    assertThat(run("plan", QUICKSTART, "--phones", phones.toString())).isEqualTo(Main.WRONG_INPUT);
    assertThat(err()).contains(phones + ":1: phones: expected a list");
  }
}
