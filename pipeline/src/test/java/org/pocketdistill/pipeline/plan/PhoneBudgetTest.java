package org.pocketdistill.pipeline.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.pipeline.config.ExportConfig;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.config.PhoneConfig;
import org.pocketdistill.pipeline.config.PhonesConfig;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.ModelConfig.Family;
import org.pocketdistill.pipeline.model.RopeScaling;

/** Numbers worked out by hand from the formulas; of the large model, against published ones. */
class PhoneBudgetTest {
  private static final PackageFormat FP16 = PackageFormat.of(OnnxPrecision.FP16);

  /** 64 wide, 2 layers of 36,864 matrix elements, 1,000 ids, tied: 138,048 weights. */
  private static final ModelBudget SMALL = model(Family.LLAMA, 1000, 64, 128, 2, 4, 2, 16, true);

  /** DeepSeek-R1-Distill-Qwen-1.5B: 1.310e9 weights in layers, 0.233e9 in its head. */
  private static final ModelBudget LARGE =
      model(Family.QWEN2, 151_936, 1536, 8960, 28, 12, 2, 128, false);

  private static ModelBudget model(
      Family family,
      int vocabulary,
      int hidden,
      int inner,
      int layers,
      int heads,
      int keyHeads,
      int headDim,
      boolean tied) {
    return new ModelBudget(
        new ModelConfig(
            family,
            vocabulary,
            hidden,
            inner,
            layers,
            heads,
            keyHeads,
            headDim,
            1e-6,
            10_000,
            new RopeScaling.None(),
            tied,
            family == Family.QWEN2,
            false,
            OptionalInt.empty(),
            131_072,
            OptionalInt.empty(),
            List.of(),
            OptionalInt.empty()));
  }

  private static PhoneConfig phone(double ramMb, double bandwidth) {
    return new PhoneConfig("test", ramMb, 3000, bandwidth, 10, 2, Optional.empty(), List.of());
  }

  private static PhoneBudget large(double ramMb, PackageFormat format, int context) {
    return new PhoneBudget(phone(ramMb, 51.2), LARGE, format, context);
  }

  @Test
  void addsUpWhatASmallModelTakes() {
    assertThat(SMALL.parameters()).isEqualTo(138_048);
    // codes 137,728; scales of 2,024 channels and 320 norm weights in fp32
    assertThat(PackageFormat.INT8.weightBytes(SMALL)).isEqualTo(137_728 + 4 * (2024 + 320));
    assertThat(PackageFormat.of(OnnxPrecision.INT8_STATIC).weightBytes(SMALL))
        .isEqualTo(PackageFormat.INT8.weightBytes(SMALL));
    assertThat(FP16.weightBytes(SMALL)).isEqualTo(2 * 137_728 + 4 * 320);
    // table 2,000 blocks of 36 bytes; a layer: 1,152 blocks of 20 bytes, 128 norm weights
    assertThat(PackageFormat.INT4.weightBytes(SMALL))
        .isEqualTo(72_000 + 4 * 64 + 2 * (1152 * 20 + 128 * 4));
    assertThat(PackageFormat.INT4.bytesPerToken(SMALL)).as("tied").isEqualTo(119_360);

    PhoneBudget budget = new PhoneBudget(phone(1000, 1), SMALL, PackageFormat.INT8, 512);

    // rotary tables, graph, tokenizer
    assertThat(budget.packageBytes()).isEqualTo(147_104 + 4 * 512 * 16 + 60_000 + 33_000);
    // keys and values, 2 layers, 2 heads of 16, 512 tokens, 4 bytes
    assertThat(budget.kvCacheBytes()).isEqualTo(2 * 2 * 2 * 16 * 512 * 4);
    // logits; twice the width, three times the MLP's, scores of 4 heads with 512 tokens
    assertThat(budget.arenaBytes())
        .isEqualTo(512 * 4 * 1000 + 4 * 512 * (2 * 64 + 3 * 128 + 4 * 512));
    assertThat(budget.memoryBytes()).isEqualTo(272_872 + 262_144 + 7_290_880 + 50_000_000);
    assertThat(budget.fits()).isTrue();
  }

  @Test
  void fp16IsFp32InMemory() {
    PhoneBudget narrow = new PhoneBudget(phone(1000, 1), SMALL, FP16, 512);
    PhoneBudget wide = new PhoneBudget(phone(1000, 1), SMALL, PackageFormat.FP32, 512);

    assertThat(narrow.packageBytes()).isEqualTo(wide.packageBytes() - 2 * 137_728);
    assertThat(narrow.memoryBytes()).isEqualTo(wide.memoryBytes());
    assertThat(narrow.decodeCeiling(512)).isEqualTo(wide.decodeCeiling(512));
    assertThat(narrow.firstTokenSeconds(256)).isEqualTo(wide.firstTokenSeconds(256));
  }

  @Test
  void foretellsSpeedByTheRoofline() {
    PhoneBudget budget = new PhoneBudget(phone(1000, 1), SMALL, PackageFormat.INT8, 512);

    assertThat(budget.decodeCeiling(512)).isCloseTo(1e9 / (147_104 + 262_144), within(1e-9));
    // 2 x 256 tokens x (137,728 weights + 2 layers x 64 x 256) at 10e9 a second; then a step
    double prompt = 2 * 256 * (137_728 + 32_768) / 10e9;
    double step = (147_104 + 131_072) / (0.55 * 1e9);
    assertThat(budget.firstTokenSeconds(256)).isCloseTo(prompt + step, within(1e-9));
    PhoneBudget fp32 = new PhoneBudget(phone(1000, 1), SMALL, PackageFormat.FP32, 512);
    assertThat(fp32.firstTokenSeconds(256))
        .isCloseTo(5 * prompt + (552_192 + 131_072) / (0.55 * 1e9), within(1e-9));
  }

  /** Ceilings published for this model in int8, of the bandwidth alone and an empty cache. */
  @ParameterizedTest
  @CsvSource({"51.2, 33", "67.2, 43.5", "76.8, 50"})
  void hasThePublishedCeilings(double bandwidth, double tokensPerSecond) {
    PhoneBudget budget = new PhoneBudget(phone(1000, bandwidth), LARGE, PackageFormat.INT8, 512);

    assertThat(budget.decodeCeiling(0)).isCloseTo(tokensPerSecond, withinPercentage(2));
  }

  /** LiteRT's file of this model in int8 has 1,861 MB, and takes 1,936 MB of memory. */
  @Test
  void isCloseToAMeasuredPackage() {
    PhoneBudget budget = large(3000, PackageFormat.INT8, 1280);

    assertThat(budget.packageBytes() / 1e6).isCloseTo(1861, withinPercentage(6));
    assertThat(budget.memoryBytes() / 1e6).isCloseTo(1936, withinPercentage(6));
  }

  @Test
  void namesWhatWouldMakeItFit() {
    // int8 606.0 MB besides the layers, each 47.98 MB; int4 1,512.8 MB in all
    assertThat(large(1550, PackageFormat.INT8, 512).fits()).isFalse();
    assertThat(large(1550, PackageFormat.INT8, 512).remedies())
        .containsExactly("int4", "19 of 28 layers");
    assertThat(large(1550, PackageFormat.INT4, 512).fits()).isTrue();
    assertThat(large(1550, PackageFormat.INT4, 512).memoryBytes()).isEqualTo(1_512_752_960);
    assertThat(large(800, PackageFormat.INT8, 512).remedies()).containsExactly("4 of 28 layers");
    assertThat(large(640, PackageFormat.INT8, 512).remedies()).isEmpty();
  }

  /** Layers of 16.8 MB in int8 and 10.5 in int4, and tables of a megabyte. */
  @Test
  void namesFewerBitsAndLayersTogetherWhereNothingElseHelps() {
    ModelBudget wide = model(Family.LLAMA, 1000, 1024, 4096, 4, 16, 16, 64, true);
    PhoneBudget budget = new PhoneBudget(phone(118, 51.2), wide, PackageFormat.INT8, 512);

    // one layer: 120,444,472 bytes in int8, 114,223,768 in int4; two in int4: 128,942,024
    assertThat(budget.memoryBytes()).isEqualTo(183_633_352);
    assertThat(budget.remedies()).containsExactly("int4 and 1 of 4 layers");
  }

  @Test
  void countsInt4AsTheJobAsksForIt() {
    Int4Config coarse = new Int4Config(64, Optional.empty(), Int4Config.Algorithm.RTN, 4, 4);
    PackageFormat format = new PackageFormat(OnnxPrecision.INT4, coarse);

    assertThat(format.weightBytes(LARGE)).isEqualTo(new Int4Budget(LARGE, coarse).weightBytes());
    assertThat(large(3000, format, 512).memoryBytes())
        .isLessThan(large(3000, PackageFormat.INT4, 512).memoryBytes());
    // the embedding, of which a step reads a row: blocks of 64 in 32 + 4 bytes
    assertThat(format.weightBytes(LARGE) - format.bytesPerToken(LARGE))
        .isEqualTo(151_936L * 24 * 36);
  }

  @Test
  void namesAContextThatWouldFit() {
    // 1,917.2 MB and 63,136 bytes a token
    assertThat(large(3000, PackageFormat.INT8, 32_768).remedies())
        .containsExactly("19 of 28 layers", "a context of 17150");
    assertThat(large(3000, PackageFormat.INT8, 17_150).fits()).isTrue();
    assertThat(large(3000, PackageFormat.INT8, 17_151).fits()).isFalse();
  }

  @Test
  void saysItInWords() {
    PhonesConfig phones = new PhonesConfig(List.of(phone(1550, 51.2)));
    ExportConfig export =
        ConfigReader.parse(
            "precisions: [fp32, int8]", Path.of("x.yaml"), ExportConfig.class, List.of());

    PhonePlan plan = PhonePlan.of(export, LARGE, phones);

    assertThat(plan.lines())
        .anyMatch(
            line -> line.equals("on test (1,550 MB for an app, 51.2 GB/s), 512 tokens of context"))
        .anyMatch(line -> line.contains("does not fit; would fit: int4, or 19 of 28 layers"))
        .anyMatch(
            line ->
                line.startsWith("  int8  file   1,787.4 MB  memory   1,949.5 MB  decode 11 to 24 "))
        .anyMatch(
            line -> line.startsWith("  int8  a tensor of 233.4 MB is larger than export.chunk_mb"));
    assertThat(plan.misfits(phones.phones().get(0)))
        .hasSize(2)
        .last()
        .asString()
        .isEqualTo(
            "int8 on test: 1949.5 MB of memory of 1550, 1787.4 MB of storage of 3000:"
                + " does not fit; would fit: int4, or 19 of 28 layers");
    assertThat(PhonePlan.of(export, SMALL, phones).misfits(phones.phones().get(0))).isEmpty();
    assertThat(PhonePlan.of(export, SMALL, phones).lines()).noneMatch(l -> l.contains("tensor"));
  }
}
