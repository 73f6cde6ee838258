package org.pocketdistill.pipeline.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.GoldenCheckpoint;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.Projection;
import org.pocketdistill.pipeline.torch.Torch;

/** Adapters against PEFT in fp32. */
final class LoraGoldenTest {
  private static Path folder(String name) {
    try {
      return Path.of(LoraGoldenTest.class.getResource("/lora/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @CsvSource({"qwen2_r4_all, qwen2", "llama_r4_all, llama_gqa", "qwen2_rslora, qwen2"})
  void logitsLossGradientsAndMergeAreThoseOfPeft(String name, String base) throws IOException {
    LoraGoldens.check(GoldenCheckpoint.open(base), folder(name));
  }

  @Test
  void writtenAdapterIsReadBackTheSame(@TempDir Path target) throws IOException {
    ModelConfig config;
    try (Decoder decoder = GoldenCheckpoint.open("qwen2").decoder()) {
      config = decoder.config();
    }
    LoraSettings settings =
        new LoraSettings(3, 6, 0.1, true, EnumSet.of(Projection.Q_PROJ, Projection.DOWN_PROJ));
    try (LoraAdapter written = LoraAdapter.untrained(config, settings, 1)) {
      PeftFolder.save(written, target, "student");
      try (LoraAdapter read = PeftFolder.load(target, config)) {
        assertThat(read.settings()).isEqualTo(settings);
        written
            .parameters()
            .forEach(
                (name, array) ->
                    assertThat(read.parameters().get(name).toFloatArray())
                        .as(name)
                        .isEqualTo(array.toFloatArray()));
      }
    }
  }

  @Test
  void untrainedAdapterChangesNothing() {
    GoldenCheckpoint checkpoint = GoldenCheckpoint.open("llama_gqa");
    LoraSettings settings = new LoraSettings(4, 8, 0, false, EnumSet.allOf(Projection.class));
    try (Decoder decoder = checkpoint.decoder();
        LoraAdapter adapter = LoraAdapter.untrained(decoder.config(), settings, 7);
        NDManager scope = Torch.newManager()) {
      NDArray with = LoraGoldens.logits(scope, decoder, checkpoint.batch(), adapter);
      NDArray without =
          LoraGoldens.logits(scope, decoder, checkpoint.batch(), decoder.noAdapters());
      assertThat(with.toFloatArray()).isEqualTo(without.toFloatArray());
    }
  }

  @Test
  void unsupportedOptionIsRefusedByName() {
    ModelConfig config;
    try (Decoder decoder = GoldenCheckpoint.open("llama_gqa").decoder()) {
      config = decoder.config();
    }
    assertThatThrownBy(() -> PeftFolder.load(folder("llama_dora"), config))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("adapter_config.json: use_dora: true, expected off");
  }

  @Test
  void adapterOfAnotherModelIsRefused(@TempDir Path target) throws IOException {
    Files.createDirectories(target);
    ModelConfig config;
    try (Decoder decoder = GoldenCheckpoint.open("llama_tied_mha").decoder()) {
      config = decoder.config();
    }
    assertThatThrownBy(() -> PeftFolder.load(folder("qwen2_r4_all"), config))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("adapter_model.safetensors: tensor")
        .hasMessageContaining("expected shape");
  }
}
