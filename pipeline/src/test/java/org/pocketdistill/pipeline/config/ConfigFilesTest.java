package org.pocketdistill.pipeline.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pocketdistill.config.ConfigReader;

class ConfigFilesTest {
  static final Path CONFIGS = Path.of("..", "configs");
  private static final List<String> HEADER =
      List.of(
          "# yaml-language-server: $schema=schema/job.schema.json",
          "# What it does: ",
          "# How to run: ",
          "# Needs: ",
          "# Expected time: ",
          "# Result: ");
  private static final long LEAST_REDUCTION = 4;

  static List<Path> jobs() throws IOException {
    try (Stream<Path> files = Files.list(CONFIGS)) {
      return files
          .filter(file -> file.toString().endsWith(".yaml") && !file.endsWith("phones.yaml"))
          .sorted()
          .toList();
    }
  }

  @Test
  void thereAreJobs() throws IOException {
    assertThat(jobs())
        .extracting(file -> file.getFileName().toString())
        .contains("quickstart.yaml");
  }

  @ParameterizedTest
  @MethodSource("jobs")
  void isReadWithoutProblems(Path file) {
    JobConfig job = ConfigReader.read(file, JobConfig.class);

    assertThat(job.name() + ".yaml").isEqualTo(file.getFileName().toString());
    assertThat(job.evaluate().tasks()).isNotEmpty();
  }

  @ParameterizedTest
  @MethodSource("jobs")
  void beginsWithWhatItDoesAndHowToRunIt(Path file) throws IOException {
    List<String> comments =
        Files.readAllLines(file).stream().takeWhile(line -> line.startsWith("#")).toList();

    for (String start : HEADER) {
      assertThat(comments)
          .as("%s: header line '%s…'", file, start)
          .anyMatch(l -> l.startsWith(start));
    }
    assertThat(comments)
        .as("%s: the exact command", file)
        .anyMatch(line -> line.contains("./distill run configs/" + file.getFileName()));
  }

  @ParameterizedTest
  @MethodSource("jobs")
  void distilsIntoAModelOfAtMostAQuarter(Path file) {
    JobConfig job = ConfigReader.read(file, JobConfig.class);

    // The shape of a given teacher is in the teacher's file.
    assertThat(job.teacher().model().isPresent()).isNotEqualTo(job.teacher().path().isPresent());
    job.teacher()
        .model()
        .ifPresent(
            teacher ->
                assertThat(layerWeights(teacher))
                    .isGreaterThan(
                        LEAST_REDUCTION * layerWeights(job.student().model().orElseThrow())));
  }

  private static long layerWeights(ModelShape shape) {
    long width = shape.hiddenSize();
    long heads = 2L * (shape.numAttentionHeads() + shape.keyValueHeads()) * shape.headWidth();
    return shape.numHiddenLayers() * width * (heads + 3L * shape.intermediateSize());
  }
}
