package org.pocketdistill.pipeline.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** A model that does not learn computes the same bits, whatever its matrices are kept in. */
class FrozenDecoderTest {
  private static final int[] ROW = {5, 17, 100, 3, 99, 42, 7};

  private static float[][] logits(Decoder decoder) {
    try (decoder) {
      return new RowScorer(decoder, 0).logits(ROW);
    }
  }

  @ParameterizedTest
  @EnumSource(ComputeDtype.class)
  void computesTheSameBits(ComputeDtype dtype) throws IOException {
    for (String name : GoldenCheckpoint.NAMES) {
      StoredModel model = StoredModel.open(GoldenCheckpoint.open(name).folder());
      int vocabulary = model.config().vocabSize();
      assertThat(logits(model.frozen(dtype, vocabulary)))
          .as(name)
          .isDeepEqualTo(logits(model.decoder(dtype)));
      assertThat(logits(model.frozen(dtype, vocabulary - 5)))
          .isDeepEqualTo(logits(model.decoder(dtype, vocabulary - 5)));
    }
  }

  @Test
  void knowsSomeTokensOnly() throws IOException {
    StoredModel model = StoredModel.open(GoldenCheckpoint.open("qwen2").folder());
    int[] even = IntStream.range(0, model.config().vocabSize() / 2).map(i -> 2 * i).toArray();
    int[] halved = IntStream.of(10, 34, 200, 6, 198, 84, 14).map(i -> i / 2).toArray();
    float[][] whole;
    float[][] some;
    try (Decoder decoder = model.decoder(ComputeDtype.FP32)) {
      whole = new RowScorer(decoder, 0).logits(new int[] {10, 34, 200, 6, 198, 84, 14});
    }
    try (Decoder decoder = model.frozen(ComputeDtype.FP32, even)) {
      some = new RowScorer(decoder, 0).logits(halved);
    }
    for (int position = 0; position < whole.length; position++) {
      for (int i = 0; i < even.length; i++) {
        assertThat(some[position][i]).isEqualTo(whole[position][even[i]]);
      }
    }
  }
}
