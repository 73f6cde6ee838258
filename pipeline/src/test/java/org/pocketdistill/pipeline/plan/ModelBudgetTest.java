package org.pocketdistill.pipeline.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.config.Int4Config.Algorithm;
import org.pocketdistill.pipeline.config.ModelShape;
import org.pocketdistill.pipeline.config.ModelShape.ModelType;
import org.pocketdistill.pipeline.model.ProjectionFormat;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.model.Weights;

class ModelBudgetTest {
  /** SmolLM-135M: 134,515,008 parameters by its model card's safetensors. */
  private static final ModelShape SMOL_135M =
      new ModelShape(
          ModelType.LLAMA,
          576,
          1536,
          30,
          9,
          Optional.of(3),
          Optional.empty(),
          true,
          10000,
          Optional.empty());

  private final ModelBudget smol = ModelBudget.of(SMOL_135M, 49152, 2048);

  @Test
  void countsTheParametersOfAPublishedModel() {
    assertThat(smol.parameters()).isEqualTo(134_515_008);
    assertThat(smol.fp32Bytes()).isEqualTo(4 * 134_515_008L);
  }

  @Test
  void holdsAByteForAWeightAndFourForAChannelOrNorm() {
    long channels = 49152 + 30L * (576 + 2 * 192 + 2 * 576 + 2 * 1536);
    long norms = 576L * (2 * 30 + 1);

    assertThat(smol.int8Bytes()).isEqualTo(134_515_008 - norms + 4 * (channels + norms));
  }

  @Test
  void holdsFourBitsForAWeightAndAScaleForABlock() {
    long norms = 576L * (2 * 30 + 1);
    long table = 49152L * 576;
    long projections = 134_515_008 - norms - table;
    Int4Budget budget = new Int4Budget(smol, Int4Config.DEFAULT);

    assertThat(budget.weightBytes())
        .isEqualTo(projections / 32 * (16 + 4) + table / 32 * (32 + 4) + 4 * norms);
    assertThat(budget.packageBytes(2048) - budget.weightBytes())
        .isEqualTo(smol.int8PackageBytes(2048) - smol.int8Bytes());
  }

  @Test
  void countsZeroPointsAndTheBlocksThatAreFilledUp() {
    // 576 inputs are 9 blocks of 64, whose zero points take 5 bytes; 1536 are 24.
    long wide = 30L * (576 + 2 * 192 + 576 + 2 * 1536);
    long narrow = 30L * 576;
    Int4Config asymmetric = new Int4Config(64, Optional.of(false), Algorithm.RTN, 4, 4);
    Int4Config hqq = new Int4Config(64, Optional.empty(), Algorithm.HQQ, 4, 4);
    Int4Config symmetric = new Int4Config(64, Optional.empty(), Algorithm.RTN, 4, 4);
    long codes = new Int4Budget(smol, symmetric).weightBytes();

    assertThat(new Int4Budget(smol, asymmetric).weightBytes() - codes)
        .isEqualTo(5 * wide + 12 * narrow);
    assertThat(new Int4Budget(smol, hqq).weightBytes() - codes)
        .isEqualTo(4 * (9 * wide + 24 * narrow));
    Int4Config wideBlocks = new Int4Config(128, Optional.empty(), Algorithm.RTN, 8, 4);
    assertThat(new Int4Budget(smol, wideBlocks).weightBytes())
        .as("576 inputs are 5 blocks of 128")
        .isEqualTo(5 * 68 * wide + 12 * 68 * narrow + 49152L * 5 * 132 + 4 * 576L * (2 * 30 + 1));
  }

  @Test
  void keepsKeysAndValuesOfEveryLayer() {
    assertThat(smol.kvCacheBytes(2048)).isEqualTo(2L * 30 * 3 * 64 * 2048 * 4);
  }

  @Test
  void hasTheExtraWeightsOfAFamily() {
    ModelShape qwen2 = family(ModelType.QWEN2);
    ModelShape qwen3 = family(ModelType.QWEN3);

    assertThat(ModelBudget.of(qwen2, 49152, 2048).parameters() - smol.parameters())
        .as("biases of q, k and v")
        .isEqualTo(30L * (576 + 2 * 192));
    assertThat(ModelBudget.of(qwen3, 49152, 2048).parameters() - smol.parameters())
        .as("norms of q and k")
        .isEqualTo(30L * 2 * 64);
  }

  private static ModelShape family(ModelType type) {
    return new ModelShape(
        type, 576, 1536, 30, 9, Optional.of(3), Optional.of(64), true, 10000, Optional.empty());
  }

  @Test
  void countsTheBytesOfAModelInFourBits() throws IOException {
    StoredModel stored = StoredModel.open(Checkpoints.folder("llama_gqa"));
    int vocabulary = stored.config().vocabSize();
    ModelBudget budget = new ModelBudget(stored.config());
    for (ProjectionFormat format :
        List.of(ProjectionFormat.NF4, ProjectionFormat.NF4_DOUBLE_QUANT)) {
      try (Weights weights = stored.weights(vocabulary, format)) {
        assertThat((double) budget.nf4Bytes(format == ProjectionFormat.NF4_DOUBLE_QUANT))
            .isCloseTo((double) weights.bytes(), withinPercentage(1));
      }
    }
  }
}
