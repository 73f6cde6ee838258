package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.cli.TinyJob.Child;
import org.pocketdistill.pipeline.cli.TinyJob.Outcome;

/** A job whose teacher is kept on disk. */
class TeacherCacheJobTest {
  private static final String DISTILL = "04-distill";
  private static final String MODEL = "04-distill/model/model.safetensors";
  private static final String CACHED = "distill.cache.top_k=8";
  private static final int ATTEMPTS = 5;

  @TempDir private static Path shared;

  private static TinyJob uninterrupted;

  @TempDir private Path folder;

  @BeforeAll
  static void runWithoutInterruption() throws IOException {
    uninterrupted = TinyJob.in(shared);
    run(uninterrupted, "--to", "distill", "--set", CACHED);
  }

  private static Outcome run(TinyJob job, String... options) {
    Outcome outcome = job.run(options);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return outcome;
  }

  private static JsonNode cache(TinyJob job) throws IOException {
    return job.stage(DISTILL).path("outputs").path("cache");
  }

  private static List<Path> chunks(TinyJob job) throws IOException {
    try (Stream<Path> files = Files.walk(job.path("teacher-cache"))) {
      return files.filter(file -> file.toString().endsWith(".zst")).sorted().toList();
    }
  }

  private static void sameBits(TinyJob job) throws IOException {
    assertThat(Files.mismatch(job.path(MODEL), uninterrupted.path(MODEL)))
        .as("first different byte of the student")
        .isEqualTo(-1);
    assertThat(job.metrics(DISTILL, "loss").stream().map(line -> line.path("kd")))
        .containsExactlyElementsOf(
            uninterrupted.metrics(DISTILL, "loss").stream().map(line -> line.path("kd")).toList());
  }

  @Test
  void fillsTheCacheInTheFirstEpochAndSaysWhatItTook() throws IOException {
    JsonNode cache = cache(uninterrupted);
    long documents = cache.path("documents").longValue();

    assertThat(documents).isBetween(20L, 40L);
    double epochs = 1 / (1 - cache.path("hit_rate").doubleValue());
    assertThat(epochs).as("epochs, from the share that was found").isGreaterThan(3);
    long bytes = 0;
    for (Path chunk : chunks(uninterrupted)) {
      bytes += Files.size(chunk);
    }
    assertThat(cache.path("bytes").longValue()).isEqualTo(bytes).isPositive();
    assertThat(cache.path("bytes_per_learned_token").doubleValue())
        .isEqualTo(bytes / cache.path("learned_tokens").doubleValue());
    assertThat(cache.path("build_tokens_per_second").doubleValue()).isPositive();
  }

  @Test
  void killedWhileItFillsTheCacheItEndsWithTheSameBits() throws Exception {
    TinyJob job = TinyJob.in(folder);
    boolean killed = false;
    for (int attempt = 0; attempt < ATTEMPTS && !killed; attempt++) {
      try (Child child = job.start("--from", "distill", "--to", "distill", "--set", CACHED)) {
        boolean checkpointed = child.awaitCheckpoint(DISTILL);
        child.kill();
        killed = checkpointed && job.stage(DISTILL).path("status").asText().equals("running");
      }
    }
    assertThat(killed).as("a run that was killed while it distilled").isTrue();
    assertThat(chunks(job)).as("written with the checkpoint").isNotEmpty();

    run(job, "--to", "distill", "--set", CACHED);

    sameBits(job);
  }

  @Test
  void filledAheadItNeedsNoTeacherAndEndsWithTheSameBits() throws IOException {
    TinyJob job = TinyJob.in(folder);
    Console console = new Console();

    int code = console.run("cache", job.file(), "--set", CACHED);

    assertThat(code).as(console.err()).isZero();
    assertThat(console.out())
        .containsPattern("documents +\\d+")
        .containsPattern("per learned token +[\\d.]+ bytes")
        .containsPattern("found +0.0 % of the documents")
        .containsPattern("computed +[\\d,]+ tokens, [\\d,]+ tokens/s");
    assertThat(console.run("cache", job.file(), "--set", CACHED)).isZero();
    assertThat(console.out()).containsPattern("found +100.0 % of the documents");
    assertThat(job.path(DISTILL)).doesNotExist();

    run(job, "--to", "distill", "--set", CACHED);

    assertThat(cache(job).path("hit_rate").doubleValue()).isEqualTo(1);
    assertThat(cache(job).path("computed_tokens").longValue()).isZero();
    sameBits(job);
  }

  @Test
  void aTeacherThatIsReadLayerByLayerTeachesTheSameBits() throws IOException {
    TinyJob job = TinyJob.in(folder);
    run(job, "--to", "distill", "--set", CACHED, "--set", "distill.cache.streaming=always");

    assertThat(cache(job).path("computed_tokens"))
        .isEqualTo(cache(uninterrupted).path("computed_tokens"));
    sameBits(job);
  }

  @Test
  void ofAStudentWithFewerTokensItIsFilledWithThese() throws IOException {
    TinyJob job = TinyJob.in(folder);
    String student = "student={prune: {vocab_size: 300, calibration_tokens: 1000}}";
    Console console = new Console();
    int code = console.run("cache", job.file(), "--set", CACHED, "--set", student);
    assertThat(code).as(console.err()).isZero();

    run(job, "--to", "distill", "--set", CACHED, "--set", student);

    assertThat(cache(job).path("hit_rate").doubleValue()).isEqualTo(1);
    Path header = chunks(job).get(0).resolveSibling("cache.json");
    assertThat(new ObjectMapper().readTree(header.toFile()).path("vocab_size").intValue())
        .isEqualTo(300);
  }

  @Test
  void aDamagedChunkIsNamedAndComputedAgain() throws IOException {
    TinyJob job = TinyJob.in(folder);
    run(job, "--to", "distill", "--set", CACHED);
    Path chunk = chunks(job).get(0);
    byte[] bytes = Files.readAllBytes(chunk);
    bytes[bytes.length / 2] ^= 16;
    Files.write(chunk, bytes);

    Outcome outcome = run(job, "--from", "distill", "--to", "distill", "--set", CACHED);

    assertThat(outcome.err())
        .contains(chunk + ": its SHA-256 is not the one that was written; deleted");
    assertThat(cache(job).path("computed_tokens").longValue()).isPositive();
    sameBits(job);
  }

  @Test
  void showsWhatTheNumberOfTokensCosts() throws IOException {
    TinyJob job = TinyJob.in(folder);
    Path json = folder.resolve("top-k.json");
    Console console = new Console();

    int code = console.run("cache", job.file(), "--compare", "--positions", 100, "--output", json);

    assertThat(code).as(console.err()).isZero();
    JsonNode result = new ObjectMapper().readTree(json.toFile());
    assertThat(result.path("positions").intValue()).isBetween(10, 200);
    double kl = result.path("kl").doubleValue();
    JsonNode lines = result.path("lines");
    assertThat(lines).extracting(line -> line.path("k").intValue()).startsWith(8, 16, 32, 64);
    double before = 0;
    double tail = 1;
    for (JsonNode line : lines) {
      assertThat(line.path("kl").doubleValue()).isBetween(before, kl * 1.001);
      assertThat(line.path("tail_mass").doubleValue()).isBetween(0.0, tail);
      before = line.path("kl").doubleValue() * 0.999;
      tail = line.path("tail_mass").doubleValue();
    }
    assertThat(console.out()).contains("gradient error", "     8 ", "   128 ");
    assertThat(job.path("teacher-cache")).doesNotExist();
  }

  @Test
  void refusesWhatMakesNoSense() throws IOException {
    TinyJob job = TinyJob.in(folder);
    Console console = new Console();
    assertThat(console.run("cache", job.file())).isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err()).contains("no distill.cache; add it");
    assertThat(console.run("cache", job.file(), "--set", CACHED, "--positions", 3))
        .isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err()).contains("--positions and --output belong to --compare");
    assertThat(console.run("cache", job.file(), "--set", "distill.cache.top_k=400"))
        .isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err()).contains("distill.cache.top_k", "400 tokens of a vocabulary of 320");
    assertThat(console.run("validate", job.file(), "--set", CACHED, "--set", "distill.kd_ratio=0"))
        .isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err()).contains("a cache would stay empty");
  }
}
