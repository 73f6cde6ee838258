package org.pocketdistill.pipeline.distill;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.batch.BatchOptions;
import org.pocketdistill.batch.Batches;
import org.pocketdistill.batch.TokenizedRows;

/** Rows that share a packed row learn as if each stood alone. */
class PackedRowsTest {
  private static final int ROWS = 24;

  /** Longer than the window of 8 tokens of the checkpoint mistral. */
  private static final int LONGEST = 30;

  private static final int PACK = 64;
  private static final int VOCABULARY = 256;

  /** fp32 sums in another order, as a share of the largest of a tensor. */
  private static final double TOLERANCE = 1e-5;

  private final TokenizedRows rows = RandomTokens.rows(11, ROWS, LONGEST, VOCABULARY);

  private List<Batch> epoch(boolean packing) {
    Batches batches = new Batches(rows, new BatchOptions(4, PACK, packing, 5));
    List<Batch> epoch = new ArrayList<>();
    for (int i = 0; i < batches.microBatchesPerEpoch(); i++) {
      epoch.add(batches.get(i));
    }
    return epoch;
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama_gqa", "llama_tied_mha", "mistral", "qwen2", "qwen3"})
  void haveTheLossAndGradientsOfSingleRows(String checkpoint) {
    List<Batch> packed = epoch(true);
    assertThat(packed.stream().mapToInt(Batch::rows).sum()).isLessThan(ROWS);

    ObjectiveGradients.of(checkpoint, Optional.empty(), packed)
        .assertCloseTo(
            ObjectiveGradients.of(checkpoint, Optional.empty(), epoch(false)), TOLERANCE);
  }

  @Test
  void haveTheDistillationOfSingleRows() {
    Optional<String> teacher = Optional.of("mistral");

    ObjectiveGradients.of("qwen3", teacher, epoch(true))
        .assertCloseTo(ObjectiveGradients.of("qwen3", teacher, epoch(false)), TOLERANCE);
  }

  /** The tests above would find it. */
  @Test
  void wouldLearnOtherwiseIfTheySawTheirNeighbours() {
    List<Batch> packed = epoch(true);
    double apart =
        ObjectiveGradients.of("llama_gqa", Optional.empty(), packed).sums().crossEntropy();
    packed.forEach(batch -> Arrays.fill(batch.documentIds(), 1));

    double together =
        ObjectiveGradients.of("llama_gqa", Optional.empty(), packed).sums().crossEntropy();

    assertThat(Math.abs(together - apart)).isGreaterThan(100 * TOLERANCE * apart);
  }
}
