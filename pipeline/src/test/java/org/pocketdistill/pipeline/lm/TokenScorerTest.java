package org.pocketdistill.pipeline.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TokenScorerTest {
  @Test
  void findsTheLargestValuesInOrder() {
    assertThat(TokenScorer.largest(new float[] {1, 5, 3, 5, 2}, 3)).containsExactly(1, 3, 2);
    assertThat(TokenScorer.largest(new float[] {1, 2}, 5)).containsExactly(1, 0);
    assertThat(TokenScorer.largest(new float[] {1, 2}, 0)).isEmpty();
  }

  @Test
  void findsWhatSortingFinds() {
    long seed = 7;
    Random random = new Random(seed);
    for (int trial = 0; trial < 100; trial++) {
      float[] values = new float[1 + random.nextInt(40)];
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextInt(10);
      }
      int k = random.nextInt(values.length + 1);
      int[] sorted =
          IntStream.range(0, values.length)
              .boxed()
              .sorted(Comparator.comparing((Integer i) -> -values[i]))
              .mapToInt(i -> i)
              .limit(k)
              .toArray();

      assertThat(TokenScorer.largest(values, k))
          .as("seed %d trial %d: %s", seed, trial, Arrays.toString(values))
          .containsExactly(sorted);
    }
  }

  @Test
  void sumsExponentialsOfAnySize() {
    assertThat(TokenScorer.logSumExp(new float[] {0, 0})).isCloseTo(Math.log(2), within(1e-15));
    assertThat(TokenScorer.logSumExp(new float[] {1000, 1000, 1000}))
        .isCloseTo(1000 + Math.log(3), within(1e-12));
    assertThat(TokenScorer.logSumExp(new float[] {-1000, Float.NEGATIVE_INFINITY}))
        .isEqualTo(-1000);
  }
}
