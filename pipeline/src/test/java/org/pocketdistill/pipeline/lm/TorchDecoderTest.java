package org.pocketdistill.pipeline.lm;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pocketdistill.pipeline.lm.CausalDecoder.DecodeSession;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.GoldenCheckpoint;

class TorchDecoderTest {
  private static final List<int[]> PROMPTS = List.of(new int[] {5, 6, 7}, new int[] {8});

  @Test
  void holdsNoMoreArraysAfterGeneratingAndScoring() {
    Decoder model = GoldenCheckpoint.open("mistral").decoder();
    try (TorchDecoder decoder = new TorchDecoder(model)) {
      NDManager manager = model.weights().manager();
      int before = manager.getManagedArrays().size();

      decoder.score(PROMPTS, 3);
      decoder.logits(PROMPTS.get(0));
      assertThat(manager.getManagedArrays()).hasSize(before);

      List<Integer> arrays = new ArrayList<>();
      try (DecodeSession session = decoder.start(PROMPTS, 6)) {
        for (int step = 0; step < 5; step++) {
          arrays.add(manager.getManagedArrays().size());
          session.advance(new int[] {step, step});
        }
      }
      int caches = 2 * model.config().numHiddenLayers();
      assertThat(arrays).containsOnly(before + caches);
      assertThat(manager.getManagedArrays()).as("the caches are gone").hasSize(before);
    }
  }
}
