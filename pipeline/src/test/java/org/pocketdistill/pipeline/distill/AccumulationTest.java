package org.pocketdistill.pipeline.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.batch.TokenizedExample;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;

/** Micro-batches of unequal numbers of learned tokens add up to one big batch. */
class AccumulationTest {
  private static final String BASE = "llama_gqa";
  private static final int MICRO_BATCHES = 3;
  private static final int ROWS = 2;
  private static final int LENGTH = 10;
  private static final double GOLDEN_LOSS = 6.484022796154022;
  private static final double LOSS_TOLERANCE = 1e-5;

  /** fp32 against another implementation, as a share of the largest of a tensor. */
  private static final double GOLDEN_TOLERANCE = 1e-4;

  /** fp32 sums in another order. */
  private static final double ORDER_TOLERANCE = 1e-5;

  private final SafetensorsFile golden;

  AccumulationTest() throws IOException, URISyntaxException {
    Path file = Path.of(AccumulationTest.class.getResource("/optim/optim.safetensors").toURI());
    golden = SafetensorsFile.open(file);
  }

  private Batch rows(int from, int count) {
    int size = count * LENGTH;
    int start = from * LENGTH;
    long[] ids = Arrays.copyOfRange(golden.longs("accum.input_ids"), start, start + size);
    long[] labels = Arrays.copyOfRange(golden.longs("accum.labels"), start, start + size);
    long[] targets = new long[size];
    Arrays.setAll(
        targets, i -> i % LENGTH == LENGTH - 1 ? TokenizedExample.IGNORE_INDEX : labels[i + 1]);
    long[] positions = IntStream.range(0, size).mapToLong(i -> i % LENGTH).toArray();
    long[] documents = new long[size];
    Arrays.fill(documents, 1);
    int learned =
        (int) Arrays.stream(targets).filter(t -> t != TokenizedExample.IGNORE_INDEX).count();
    return new Batch(count, LENGTH, ids, positions, documents, targets, learned);
  }

  private List<Batch> microBatches() {
    return IntStream.range(0, MICRO_BATCHES).mapToObj(i -> rows(i * ROWS, ROWS)).toList();
  }

  @Test
  void lossAndGradientsAreWeightedByLearnedTokens() {
    List<Batch> batches = microBatches();
    assertThat(batches).extracting(Batch::learnedTokens).containsExactly(15, 2, 12);

    ObjectiveGradients result = ObjectiveGradients.of(BASE, Optional.empty(), batches);

    assertThat(result.sums().crossEntropy() / (15 + 2 + 12))
        .isCloseTo(GOLDEN_LOSS, within(LOSS_TOLERANCE));
    String prefix = "accum.token_weighted.grad.";
    List<String> names = golden.names().stream().filter(name -> name.startsWith(prefix)).toList();
    assertThat(names).hasSize(4);
    for (String name : names) {
      String parameter = name.substring(prefix.length());
      float[] actual = result.gradients().get(parameter);
      ObjectiveGradients.assertClose(parameter, actual, golden.floats(name), GOLDEN_TOLERANCE);
    }
  }

  @Test
  void equalsOneBigBatch() {
    List<Batch> whole = List.of(rows(0, MICRO_BATCHES * ROWS));

    ObjectiveGradients.of(BASE, Optional.empty(), microBatches())
        .assertCloseTo(ObjectiveGradients.of(BASE, Optional.empty(), whole), ORDER_TOLERANCE);
  }
}
