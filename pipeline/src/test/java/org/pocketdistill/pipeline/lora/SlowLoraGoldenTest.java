package org.pocketdistill.pipeline.lora;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.Shared;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.GoldenCheckpoint;

/** Every adapter of the originals: computed alike, or refused by the name of what it asks for. */
@Tag("slow")
final class SlowLoraGoldenTest {
  private static GoldenCheckpoint base(String name) {
    return GoldenCheckpoint.in(Shared.path("goldens/checkpoints/" + name));
  }

  @ParameterizedTest
  @CsvSource({"qwen2_r4_all, qwen2", "llama_r4_all, llama_gqa", "qwen2_rslora, qwen2"})
  void logitsLossGradientsAndMergeAreThoseOfPeft(String name, String base) throws IOException {
    LoraGoldens.check(base(base), Shared.path("goldens/lora/" + name));
  }

  @ParameterizedTest
  @CsvSource({
    "llama_dora, llama_gqa, use_dora",
    "qwen2_dora, qwen2, use_dora",
    "llama_lmhead, llama_gqa, modules_to_save",
    "llama_patterns, llama_gqa, rank_pattern",
    "llama_embed, llama_gqa, embed_tokens",
  })
  void whatIsNotSupportedIsRefusedByName(String name, String base, String reason) {
    try (Decoder decoder = base(base).decoder()) {
      assertThatThrownBy(
              () -> PeftFolder.load(Shared.path("goldens/lora/" + name), decoder.config()))
          .isInstanceOf(DataException.class)
          .hasMessageContaining(reason);
    }
  }
}
