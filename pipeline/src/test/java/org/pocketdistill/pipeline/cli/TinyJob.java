package org.pocketdistill.pipeline.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.pocketdistill.pipeline.config.JobFile;
import org.pocketdistill.pipeline.job.DistillJob;
import org.pocketdistill.pipeline.job.StageRange;
import org.pocketdistill.pipeline.train.StopSignal;
import org.pocketdistill.pipeline.train.TrainingException;

/** A whole job that takes seconds, and two ways to run it: here, or in a process of its own. */
public final class TinyJob {
  /** Steps of each training. */
  public static final int STEPS = 24;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long PATIENCE_SECONDS = 120;
  private static final int SIGINT = 2;
  private static final int SIGTERM = 15;
  private static final String YAML =
      """
      name: tiny
      output_dir: '%1$s'
      seed: 3
      data:
        generator: {train_rows: 40, dev_rows: 2, test_rows: 3, hard_rows: 2, languages: [en]}
        max_seq_len: 192
        near_duplicate_threshold: 1
      tokenizer: {vocab_size: 320}
      teacher:
        model: {model_type: llama, hidden_size: 32, intermediate_size: 64, num_hidden_layers: 2, num_attention_heads: 2}
        train: %2$s
      student:
        model: {model_type: qwen3, hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1, num_attention_heads: 2}
      distill:
        kd_ratio: 0.5
        control: false
        train: %2$s
      lora:
        - {name: phone, r: 2, lora_dropout: 0.3, train: %2$s}
      export: {merge_adapter: phone, context_length: 192, check_prompts: 1, precisions: [int8]}
      evaluate: {tasks: [{task: function_call, set: test}]}
      """;
  private static final String TRAIN =
      "{max_steps: %d, batch_size: 2, gradient_accumulation_steps: 2, learning_rate: 1.0e-2,"
          + " logging_steps: 1, save_steps: 4, precision: fp32}";

  private final Path file;
  private final Path run;

  private TinyJob(Path file, Path run) {
    this.file = file;
    this.run = run;
  }

  /** A job in an empty folder. */
  public static TinyJob in(Path folder) throws IOException {
    Path run = folder.resolve("run");
    return in(folder, YAML.formatted(run, TRAIN.formatted(STEPS)));
  }

  /** A job of one's own, whose run has to be {@code folder/run}. */
  public static TinyJob in(Path folder, String yaml) throws IOException {
    Files.createDirectories(folder.resolve("tasks"));
    Files.copy(
        Path.of("..", "configs", "tasks", "function_call.yaml"),
        folder.resolve("tasks").resolve("function_call.yaml"));
    Path file = folder.resolve("tiny job.yaml");
    Files.writeString(file, yaml);
    return new TinyJob(file, folder.resolve("run"));
  }

  /** The job file. */
  public Path file() {
    return file;
  }

  /** A file of the run, {@code 04-distill/stage.json} for example. */
  public Path path(String inRun) {
    return run.resolve(inRun);
  }

  /** What stands in {@code stage.json}. */
  public JsonNode stage(String folder) throws IOException {
    return JSON.readTree(path(folder).resolve("stage.json").toFile());
  }

  /** Lines of a {@code metrics.jsonl} that have the key. */
  public List<JsonNode> metrics(String folder, String key) throws IOException {
    List<JsonNode> found = new ArrayList<>();
    for (String line : Files.readAllLines(path(folder).resolve("metrics.jsonl"))) {
      JsonNode node = JSON.readTree(line);
      if (node.has(key)) {
        found.add(node);
      }
    }
    return found;
  }

  /** Names of the checkpoints in a folder. */
  public List<String> checkpoints(String folder) {
    if (!Files.isDirectory(path(folder))) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(path(folder))) {
      return files
          .map(found -> found.getFileName().toString())
          .filter(name -> name.matches("checkpoint-\\d+"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<String> arguments(String... options) {
    List<String> arguments = new ArrayList<>(List.of("run", file.toString()));
    arguments.addAll(Arrays.asList(options));
    return arguments;
  }

  /**
   * {@code distill run} with options, in this process; its log, from warnings on, is in {@code
   * err}.
   */
  public Outcome run(String... options) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream stdout = new PrintStream(out, true, UTF_8);
    PrintStream stderr = new PrintStream(err, true, UTF_8);
    PrintStream usual = System.err;
    System.setErr(stderr);
    try {
      int code =
          new Main(stdout, stderr, Main.commands(stdout, InputStream.nullInputStream()))
              .run(arguments(options).toArray(String[]::new));
      return new Outcome(code, out.toString(UTF_8), err.toString(UTF_8));
    } finally {
      System.setErr(usual);
    }
  }

  /**
   * Runs the job in this process until a folder has a new checkpoint, and stops it as Ctrl-C does.
   *
   * @param overrides of the configuration; better of many steps
   */
  public void stopAtCheckpoint(String folder, String... overrides) throws IOException {
    JobFile job = JobFile.read(file, List.of(overrides));
    StopSignal stop = new StopSignal();
    List<String> before = checkpoints(folder);
    Thread watch =
        new Thread(
            () -> {
              while (!Thread.interrupted() && checkpoints(folder).equals(before)) {
                Thread.onSpinWait();
              }
              stop.request();
            });
    watch.start();
    try {
      new DistillJob(job.config(), job.path(), StageRange.ALL, stop).run();
      throw new IllegalStateException("ended before it was stopped");
    } catch (TrainingException e) {
      if (e.reason() != TrainingException.Reason.STOPPED) {
        throw e;
      }
    } finally {
      watch.interrupt();
    }
  }

  /** {@code distill run} with options, in a process of its own. */
  public Child start(String... options) throws IOException {
    return start(List.of(), options);
  }

  /**
   * The same where no file can grow beyond a size, as if the disk were full.
   *
   * @param bytes limit, a multiple of 512
   */
  public Child startWithFilesUpTo(long bytes, String... options) throws IOException {
    return start(
        List.of("sh", "-c", "ulimit -f " + bytes / 512 + " && exec \"$@\"", "sh"), options);
  }

  private Child start(List<String> shell, String... options) throws IOException {
    List<String> command = new ArrayList<>(shell);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-XX:-UsePerfData", "-cp", System.getProperty("java.class.path")));
    command.add(Main.class.getName());
    command.addAll(arguments(options));
    Path out = Files.createTempFile(file.getParent(), "out", ".txt");
    Path err = Files.createTempFile(file.getParent(), "err", ".txt");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    return new Child(process, out, err);
  }

  /** How a run ended. */
  public record Outcome(int code, String out, String err) {}

  /** A run in another process, which does not outlive its {@link #close}. */
  public final class Child implements AutoCloseable {
    private final Process process;
    private final Path out;
    private final Path err;

    private Child(Process process, Path out, Path err) {
      this.process = process;
      this.out = out;
      this.err = err;
    }

    /** Number of the process. */
    public long pid() {
      return process.pid();
    }

    /** Waits until the folder holds a checkpoint; false if the process ends before. */
    public boolean awaitCheckpoint(String folder) throws InterruptedException {
      Optional<String> newest = checkpoints(folder).stream().findFirst();
      while (process.isAlive()) {
        Optional<String> now = checkpoints(folder).stream().findFirst();
        if (now.isPresent() && !now.equals(newest)) {
          return true;
        }
        Thread.sleep(1);
      }
      return false;
    }

    /** SIGKILL. */
    public void kill() throws InterruptedException {
      process.destroyForcibly().waitFor();
    }

    /**
     * SIGINT, as Ctrl-C sends it; SIGTERM where this process ignores SIGINT, as a build in the
     * background does, and so do its children.
     *
     * @return exit code of a process that ends for it
     */
    public int interrupt() throws IOException, InterruptedException {
      String ignored =
          Files.readAllLines(Path.of("/proc/self/status")).stream()
              .filter(line -> line.startsWith("SigIgn:"))
              .map(line -> line.replaceFirst("SigIgn:\\s*", ""))
              .findFirst()
              .orElse("0");
      boolean deaf = (Long.parseUnsignedLong(ignored, 16) & (1 << (SIGINT - 1))) != 0;
      int signal = deaf ? SIGTERM : SIGINT;
      new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
      return 128 + signal;
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }

    /** Waits for the end. */
    public Outcome await() throws IOException, InterruptedException {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException(
            "still running after " + PATIENCE_SECONDS + " s:\n" + Files.readString(err));
      }
      return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
    }
  }
}
