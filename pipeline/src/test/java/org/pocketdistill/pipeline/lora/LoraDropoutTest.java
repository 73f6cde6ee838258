package org.pocketdistill.pipeline.lora;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.distill.StudentObjective;
import org.pocketdistill.pipeline.distill.TokenLoss;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.GoldenCheckpoint;
import org.pocketdistill.pipeline.model.HfConfigFile;
import org.pocketdistill.pipeline.model.HfFolder;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Gradients;
import org.pocketdistill.pipeline.torch.Torch;
import org.pocketdistill.pipeline.train.StepClock;

/** Dropout is for learning: what is measured is the whole adapter. */
class LoraDropoutTest {
  private static final GoldenCheckpoint BASE = GoldenCheckpoint.open("llama_gqa");
  private static final Batch BATCH = BASE.batch();

  /** Losses of a decoder with the golden adapter: of a seeded training step, and measured. */
  private record Losses(double learned, double measured) {
    static Losses of(double dropout, long seed) throws IOException, URISyntaxException {
      Path folder = Path.of(Losses.class.getResource("/lora/llama_r4_all").toURI());
      ModelConfig config = HfConfigFile.read(BASE.folder());
      try (Decoder decoder =
              new Decoder(
                  config, HfFolder.weights(BASE.folder(), config), ComputeDtype.FP32, dropout);
          LoraAdapter adapter = PeftFolder.load(folder, config);
          TokenLoss loss = TokenLoss.crossEntropy(ComputeDtype.FP32);
          NDManager scope = Torch.newManager()) {
        Gradients.allocate(List.copyOf(adapter.parameters().values()));
        NDArray frozen = scope.zeros(new Shape(0), DataType.FLOAT32);
        StudentObjective objective =
            StudentObjective.crossEntropy(
                new StudentObjective.Learner(decoder, adapter, frozen), loss);
        Torch.seed(seed);
        double learned =
            objective.accumulate(BATCH, BATCH.learnedTokens(), new StepClock()).crossEntropy();
        return new Losses(learned, objective.measure(BATCH));
      }
    }
  }

  @Test
  void isDrawnFromTheSeedWhileLearningAndNotUsedWhileMeasuring() throws Exception {
    Losses without = Losses.of(0, 1);
    Losses one = Losses.of(0.5, 1);
    Losses same = Losses.of(0.5, 1);
    Losses other = Losses.of(0.5, 2);

    assertThat(one.learned()).isEqualTo(same.learned()).isNotEqualTo(other.learned());
    assertThat(one.learned()).isNotEqualTo(without.learned());
    assertThat(List.of(one.measured(), other.measured())).containsOnly(without.measured());
  }
}
