package org.pocketdistill.pipeline.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.Checkpoints;

class TrainLoopTest {
  private static final int STEPS = 7;

  @TempDir private Path folder;

  private List<String> checkpoints() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("checkpoint-"))
          .sorted()
          .toList();
    }
  }

  private static boolean equal(List<float[]> a, List<float[]> b) {
    return a.size() == b.size()
        && IntStream.range(0, a.size()).allMatch(i -> Arrays.equals(a.get(i), b.get(i)));
  }

  @Test
  void theSameSeedGivesTheSameBitsAndAnotherOthers(@TempDir Path second, @TempDir Path third)
      throws IOException {
    try (TinyTraining one = new TinyTraining(1);
        TinyTraining same = new TinyTraining(1);
        TinyTraining other = new TinyTraining(2)) {
      assertThat(equal(one.weights(), same.weights())).as("before").isTrue();
      one.train(folder, STEPS);
      same.train(second, STEPS);
      other.train(third, STEPS);

      assertThat(equal(one.weights(), same.weights())).isTrue();
      assertThat(equal(one.weights(), other.weights())).isFalse();
    }
  }

  @Test
  void stoppedAtAnyStepItGoesOnToTheSameBits(@TempDir Path whole) throws IOException {
    try (TinyTraining expected = new TinyTraining(1)) {
      expected.train(whole, STEPS);
      for (int stopAfter = 1; stopAfter < STEPS; stopAfter++) {
        stopAndGoOn(folder.resolve("stop-" + stopAfter), stopAfter, expected.weights());
      }
    }
  }

  private static void stopAndGoOn(Path folder, int stopAfter, List<float[]> expected)
      throws IOException {
    try (TinyTraining stopped = new TinyTraining(1)) {
      stopped.from(
          number -> {
            if (number == stopAfter - 1) {
              stopped.stop().request();
            }
            return stopped.batch(number);
          });
      assertThatThrownBy(() -> stopped.train(folder, STEPS))
          .isInstanceOf(TrainingException.class)
          .hasMessage("tiny: stopped after step %d of 7, saved in %s", stopAfter, folder);
    }
    try (TinyTraining resumed = new TinyTraining(1)) {
      resumed.train(folder, STEPS);
      assertThat(equal(resumed.weights(), expected)).as("stopped after %d", stopAfter).isTrue();
    }
  }

  @Test
  void startedAgainAfterItsLastStepItTellsTheSameLoss() throws IOException {
    TrainSummary first;
    try (TinyTraining training = new TinyTraining(1).watched()) {
      first = training.train(folder, STEPS);
    }
    try (TinyTraining again = new TinyTraining(1).watched()) {
      TrainSummary second = again.train(folder, STEPS);

      assertThat(second.loss()).isFinite().isEqualTo(first.loss());
      assertThat(second.devLoss()).isFinite().isEqualTo(first.devLoss());
      assertThat(second.steps()).isEqualTo(STEPS);
    }
  }

  @Test
  void theLossOfAStepIsTheMeanOverTheLearnedTokensOfItsMicroBatches(@TempDir Path singles)
      throws IOException {
    double sum = 0;
    long learned = 0;
    for (int i = 0; i < 3; i++) {
      int number = i;
      try (TinyTraining alone = new TinyTraining(1)) {
        Batch batch = alone.batch(number);
        double loss =
            alone.from(unused -> batch).train(singles.resolve("batch-" + number), 1).loss();
        sum += loss * batch.learnedTokens();
        learned += batch.learnedTokens();
      }
    }
    try (TinyTraining together = new TinyTraining(1)) {
      double loss = together.loop(folder, 1, 3).train().loss();

      assertThat(loss).isCloseTo(sum / learned, within(1e-6));
    }
  }

  @Test
  void keepsTheEarlierCheckpointUntilAStepWasComputedWithTheNewOne() throws IOException {
    try (TinyTraining training = new TinyTraining(1)) {
      List<List<String>> seen = new ArrayList<>();
      training.from(
          number -> {
            try {
              seen.add(checkpoints());
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
            return training.batch(number);
          });
      training.train(folder, 8);

      assertThat(seen.get(6)).as("before step 7").containsExactly("checkpoint-3", "checkpoint-6");
      assertThat(seen.get(7)).as("before step 8").containsExactly("checkpoint-6");
      assertThat(checkpoints()).as("at the end").containsExactly("checkpoint-8");
    }
  }

  @Test
  void refusesACheckpointOfAnotherModel() throws IOException {
    try (TinyTraining training = new TinyTraining(1)) {
      training.train(folder, 1);
    }
    Path state = folder.resolve("checkpoint-1").resolve("state.safetensors");
    Files.copy(
        Checkpoints.folder("qwen3").resolve("model.safetensors"),
        state,
        StandardCopyOption.REPLACE_EXISTING);
    try (TinyTraining training = new TinyTraining(1)) {
      assertThatThrownBy(() -> training.train(folder, 2))
          .isInstanceOf(DataException.class)
          .hasMessageContaining(state.toString())
          .hasMessageContaining("the checkpoint is of another model: delete it");
    }
  }

  @Test
  void removesWhatAKilledRunLeft() throws IOException {
    Files.createDirectories(folder.resolve("checkpoint-2.tmp"));
    Files.createDirectories(folder.resolve("checkpoint-1.old"));
    try (TinyTraining training = new TinyTraining(1)) {
      TrainLoop loop = training.loop(folder, 2, 1);
      loop.train();
      assertThat(checkpoints()).contains("checkpoint-2");

      loop.clearCheckpoints();

      assertThat(checkpoints()).isEmpty();
    }
  }

  @Test
  void holdsNoMoreArraysWithEveryStep() throws IOException {
    try (TinyTraining training = new TinyTraining(1).watched()) {
      NDManager manager = training.decoder().weights().manager();
      List<Integer> arrays = new ArrayList<>();
      training.from(
          number -> {
            arrays.add(manager.getManagedArrays().size());
            return training.batch(number);
          });
      int before = manager.getManagedArrays().size();

      training.train(folder, STEPS);

      assertThat(arrays).hasSize(STEPS).containsOnly(arrays.get(0));
      int parameters = training.decoder().weights().all().size();
      assertThat(arrays.get(0) - before)
          .as("a gradient and two moments for each parameter, and what kernels are told by")
          .isBetween(3 * parameters, 3 * parameters + 4);
      assertThat(manager.getManagedArrays().size() - before)
          .as("at most the gradients stay with the weights")
          .isLessThanOrEqualTo(parameters);
    }
  }
}
