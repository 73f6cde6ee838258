package org.pocketdistill.pipeline.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.config.ConfigProblem;
import org.pocketdistill.config.ConfigReader;

/** Whatever is done to a job file, reading it gives a job or a list of problems, never a crash. */
class BrokenJobFilesTest {
  private static final int ROUNDS = 1500;
  private static final List<String> PIECES =
      List.of(
          "0",
          "-1",
          "1e9",
          "null",
          "[]",
          "{}",
          "[",
          "}",
          "\"",
          "'",
          ": ",
          "- ",
          "\n",
          "  ",
          "\t",
          "#",
          "&a ",
          "*a",
          "!t ",
          "<<: ",
          "|",
          ">",
          "%",
          "@",
          "true",
          "时",
          "😀",
          "\0",
          "\uFEFF",
          "?",
          "---\n",
          "...\n",
          "99999999999999999999",
          ".nan",
          "../..",
          "name",
          "train: ");

  @Test
  void giveProblemsAndNeverACrash() throws IOException {
    long seed = Long.getLong("tests.seed", 20261124L);
    SplittableRandom random = new SplittableRandom(seed);
    String sound = Files.readString(ConfigFilesTest.CONFIGS.resolve("snips.yaml"));
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      String text = broken(sound, random);
      List<String> flags = flags(random);
      String where = "-Dtests.seed=%d, round %d, flags %s, file%n%s";
      try {
        ConfigReader.parse(text, Path.of("job.yaml"), JobConfig.class, flags);
      } catch (ConfigException e) {
        refused++;
        assertThat(e.problems()).as(where, seed, round, flags, text).isNotEmpty();
        assertThat(e.problems())
            .extracting(ConfigProblem::message)
            .as(where, seed, round, flags, text)
            .allSatisfy(message -> assertThat(message).isNotBlank().doesNotContain("\n"));
      } catch (RuntimeException e) {
        throw new AssertionError(where.formatted(seed, round, flags, text), e);
      }
    }

    assertThat(refused).as("most files are broken").isBetween(ROUNDS / 2, ROUNDS);
  }

  private static String broken(String sound, SplittableRandom random) {
    StringBuilder text = new StringBuilder(sound);
    for (int edits = random.nextInt(1, 5); edits > 0; edits--) {
      // The header is comments; edits there change nothing.
      int from = random.nextInt(sound.indexOf("\nname:"), text.length());
      int to = Math.min(text.length(), from + random.nextInt(12));
      text.replace(from, to, PIECES.get(random.nextInt(PIECES.size())));
    }
    return text.toString();
  }

  private static List<String> flags(SplittableRandom random) {
    List<String> paths =
        List.of(
            "teacher.model.num_attention_heads",
            "student.model.head_dim",
            "lora.0",
            "lora.0.r.x",
            "data.train",
            "data.test.snips.0.portion",
            "evaluate.tasks.7.set",
            "gates",
            "seed",
            "");
    List<String> flags = new ArrayList<>();
    for (int count = random.nextInt(3); count > 0; count--) {
      String value = PIECES.get(random.nextInt(PIECES.size()));
      flags.add(paths.get(random.nextInt(paths.size())) + "=" + value);
    }
    return flags;
  }
}
