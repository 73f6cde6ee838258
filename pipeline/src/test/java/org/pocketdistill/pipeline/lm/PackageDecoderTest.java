package org.pocketdistill.pipeline.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.eval.LanguageModel.Generation;
import org.pocketdistill.eval.LanguageModel.GenerationOptions;
import org.pocketdistill.pipeline.TinyModel;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.RuntimeConfig;
import org.pocketdistill.pipeline.config.RuntimeFile;
import org.pocketdistill.pipeline.config.ThermalConfig;
import org.pocketdistill.pipeline.lm.CausalDecoder.DecodeSession;
import org.pocketdistill.pipeline.manifest.PackageManifest;
import org.pocketdistill.pipeline.thermal.ThermalGovernor;
import org.pocketdistill.pipeline.thermal.VirtualTicker;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** Generation goes as fast as the policy lets it, and finds the same tokens. */
class PackageDecoderTest {
  private static final int[] PROMPT = {5, 9, 11, 30};
  private static final ThermalConfig POLICY =
      ConfigReader.parse(
          "{bands: [{from_celsius: 40, max_tokens_per_second: 8}], pause_celsius: 60}",
          Path.of("x.json"),
          ThermalConfig.class,
          List.of());

  private final VirtualTicker ticker = new VirtualTicker();

  @TempDir private Path folder;

  private Path export() throws IOException {
    return TinyModel.export(
        TinyModel.write(folder.resolve("tiny")), folder.resolve("phone"), OnnxPrecision.FP32);
  }

  @Test
  void waitsBeforeEveryTokenAndChangesNone() throws IOException {
    Path phone = export();
    ThermalGovernor governor = new ThermalGovernor(POLICY, () -> OptionalDouble.of(45), ticker);
    try (OrtDecoder plain = OrtDecoder.open(phone);
        PackageDecoder heldBack = new PackageDecoder(OrtDecoder.open(phone), governor);
        DecodeSession expected = plain.start(List.of(PROMPT, PROMPT), 9);
        DecodeSession found = heldBack.start(List.of(PROMPT, PROMPT), 9)) {
      for (int step = 0; step < 9; step++) {
        assertThat(found.logits()).isDeepEqualTo(expected.logits());
        expected.advance(new int[] {step, 20 + step});
        found.advance(new int[] {step, 20 + step});
      }
    }
    // two sequences at 8 tokens a second: a quarter of a second between steps
    assertThat(ticker.sleeps()).hasSize(8).allMatch(seconds -> seconds == 0.25);
    assertThat(governor.summary().waitedSeconds()).isCloseTo(2, within(1e-9));
    assertThat(governor.summary().highestCelsius()).hasValue(45);
  }

  @Test
  void waitsForAPromptWhileItIsTooHot() throws IOException {
    ThermalGovernor governor =
        new ThermalGovernor(POLICY, () -> OptionalDouble.of(61 - ticker.seconds()), ticker);
    try (PackageDecoder decoder = new PackageDecoder(OrtDecoder.open(export()), governor)) {
      decoder.logits(PROMPT);
      decoder.score(List.of(PROMPT), 1);
    }
    // 61 at once, 60 after a second, 58 after three: cooler than 59
    assertThat(ticker.sleeps()).containsExactly(1.0, 2.0);
    assertThat(governor.summary().pauses()).isEqualTo(1);
  }

  @Test
  void continuesAsManySequencesAtOnceAsItIsTold() throws IOException {
    Path phone = export();
    GenerationOptions options = GenerationOptions.greedy(5);
    List<String> prompts = List.of("wake me", "call her at seven", "in the morning");
    List<Generation> expected;
    try (TokenLanguageModel model = new LanguageModelFolder(phone).open(ComputeDtype.FP32, 8)) {
      expected = model.generateUntil(prompts, options);
    }
    RuntimeFile.write(
        phone,
        ConfigReader.parse(
            "{batch: {max_batch_size: 2}}", Path.of("x"), RuntimeConfig.class, List.of()));
    PackageManifest.of(phone, Map.of()).write(phone);

    try (TokenLanguageModel model = new LanguageModelFolder(phone).open(ComputeDtype.FP32, 8)) {
      assertThat(model.batchSize()).isEqualTo(2);
      assertThat(model.generateUntil(prompts, options)).isEqualTo(expected);
      assertThat(model.decoder()).isInstanceOf(PackageDecoder.class);
    }
  }
}
