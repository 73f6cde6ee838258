package org.pocketdistill.pipeline.lora;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.pipeline.Shared;
import org.pocketdistill.pipeline.model.GoldenCheckpoint;

/** Every adapter of the originals. */
@Tag("slow")
final class SlowLoraGoldenTest {
  private static GoldenCheckpoint base(String name) {
    return GoldenCheckpoint.in(Shared.path("goldens/checkpoints/" + name));
  }

  @ParameterizedTest
  @CsvSource({
    "qwen2_r4_all, qwen2",
    "llama_r4_all, llama_gqa",
    "qwen2_rslora, qwen2",
    "llama_dora, llama_gqa",
    "qwen2_dora, qwen2",
    "llama_patterns, llama_gqa",
    "llama_lmhead, llama_gqa",
    "llama_embed, llama_gqa"
  })
  void logitsLossGradientsAndMergeAreThoseOfPeft(String name, String base) throws IOException {
    LoraGoldens.check(base(base), Shared.path("goldens/lora/" + name));
  }
}
