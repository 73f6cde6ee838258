package org.pocketdistill.pipeline.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.recover.FakeQuantized;

/** A training whose parameters are what masters are rounded to. */
class MasterWeightsTest {
  private static final int STEPS = 7;
  private static final FakeQuantized.Settings INT4 =
      new FakeQuantized.Settings(
          new Int4Config(32, Optional.of(false), Int4Config.Algorithm.RTN, 8, 4), true);

  @TempDir private Path folder;

  /** What a training ends with. */
  private record Ending(List<float[]> parameters, List<float[]> masters) {}

  private static Ending train(Path folder, int stopAfter) throws IOException {
    try (TinyTraining training = new TinyTraining(1);
        FakeQuantized rounded = FakeQuantized.of(training.decoder(), INT4)) {
      training.withMasters(rounded);
      if (stopAfter == 0) {
        training.train(folder, STEPS);
      } else {
        training.from(
            number -> {
              if (number == stopAfter - 1) {
                training.stop().request();
              }
              return training.batch(number);
            });
        assertThatThrownBy(() -> training.train(folder, STEPS))
            .isInstanceOf(TrainingException.class);
      }
      List<float[]> masters = new ArrayList<>();
      rounded.masters().values().forEach(array -> masters.add(array.toFloatArray()));
      return new Ending(training.weights(), masters);
    }
  }

  @Test
  void stoppedItGoesOnToTheSameBits(@TempDir Path whole) throws IOException {
    Ending expected = train(whole, 0);
    for (int stopAfter : List.of(1, 4, 6)) {
      Path parts = folder.resolve("stop-" + stopAfter);
      train(parts, stopAfter);

      Ending resumed = train(parts, 0);

      assertThat(resumed.masters()).as("stopped after %d", stopAfter).hasSize(16);
      assertThat(resumed.masters().toArray()).isEqualTo(expected.masters().toArray());
      assertThat(resumed.parameters().toArray()).isEqualTo(expected.parameters().toArray());
    }
  }

  @Test
  void normsAreTrainedAndMatricesAreAlwaysRounded() throws IOException {
    try (TinyTraining training = new TinyTraining(1);
        FakeQuantized rounded = FakeQuantized.of(training.decoder(), INT4)) {
      String norm = "model.norm.weight";
      String matrix = "model.layers.1.mlp.up_proj.weight";
      float[] normBefore = training.decoder().weights().values(norm);
      float[] masterBefore = rounded.masters().get(matrix).toFloatArray();
      training.withMasters(rounded).train(folder, STEPS);

      assertThat(rounded.masters()).doesNotContainKey(norm);
      assertThat(training.decoder().weights().values(norm)).isNotEqualTo(normBefore);
      float[] master = rounded.masters().get(matrix).toFloatArray();
      assertThat(master).isNotEqualTo(masterBefore);
      float[] trained = training.decoder().weights().values(matrix);
      assertThat(trained).isNotEqualTo(master);
      rounded.project();
      assertThat(training.decoder().weights().values(matrix)).as("projected").isEqualTo(trained);
      rounded.reveal();
      assertThat(training.decoder().weights().values(matrix)).isEqualTo(master);
    }
  }
}
