package org.pocketdistill.pipeline.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.LargestDifference;
import org.pocketdistill.pipeline.torch.Torch;

/** Forward passes against transformers in fp32. */
final class DecoderGoldenTest {
  /** Logits are of size 1 to 10; an fp64 implementation differs from the goldens by about 1e-5. */
  private static final float TOLERANCE = 1e-4f;

  private static final LargestDifference DIFFERENCES =
      new LargestDifference("checkpoints against transformers");

  @AfterAll
  static void print() {
    DIFFERENCES.print();
  }

  static Stream<GoldenCheckpoint> checkpoints() {
    return GoldenCheckpoint.NAMES.stream().map(GoldenCheckpoint::open);
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void hiddenStatesAndLogitsAreThoseOfTransformers(GoldenCheckpoint checkpoint) {
    try (Decoder decoder = checkpoint.decoder();
        NDManager scope = Torch.newManager()) {
      Batch batch = checkpoint.batch();
      TokenBlock block = decoder.block(scope, batch);
      NDArray hidden = decoder.embed(scope, block);
      compare(checkpoint, "hidden_states.0", hidden, batch);
      for (int i = 0; i < decoder.config().numHiddenLayers(); i++) {
        hidden = decoder.layer(scope, i, hidden, block, decoder.noAdapters());
        compare(checkpoint, "hidden_states." + (i + 1), hidden, batch);
      }
      long[] rows = new long[batch.inputIds().length];
      Arrays.setAll(rows, i -> i);
      NDArray input =
          decoder.headInput(scope, hidden, Torch.copyOf(scope, rows, new Shape(rows.length)));
      compare(checkpoint, "hidden_states.final_norm", input, batch);
      compare(checkpoint, "logits", decoder.logits(scope, input), batch);
    }
  }

  private static void compare(
      GoldenCheckpoint checkpoint, String name, NDArray actual, Batch batch) {
    float[] expected = checkpoint.golden().floats(name);
    float[] values = actual.toFloatArray();
    int width = values.length / batch.inputIds().length;
    for (int i = 0; i < values.length; i++) {
      if (batch.documentIds()[i / width] != 0) {
        DIFFERENCES.add(
            name.equals("logits") ? name : "hidden states", values[i] - (double) expected[i]);
        assertThat(values[i])
            .as("%s %s [%d]", checkpoint, name, i)
            .isCloseTo(expected[i], within(TOLERANCE));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void greedyContinuationIsThatOfTransformers(GoldenCheckpoint checkpoint) {
    int[] prompt = ints(checkpoint.golden().longs("greedy.input_ids"));
    int[] expected = ints(checkpoint.golden().longs("greedy.output_ids"));
    try (Decoder decoder = checkpoint.decoder();
        KvCache cache = decoder.newCache(1, prompt.length + expected.length)) {
      float[] logits = cache.start(List.of(prompt))[0];
      for (int i = 0; i < expected.length; i++) {
        int next = argmax(logits);
        assertThat(next).as("%s token %d", checkpoint, i).isEqualTo(expected[i]);
        logits = cache.advance(new int[] {next})[0];
      }
    }
  }

  private static int argmax(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      if (values[i] > values[best]) {
        best = i;
      }
    }
    return best;
  }

  private static int[] ints(long[] values) {
    return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
  }
}
