package org.pocketdistill.pipeline.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.pocketdistill.eval.LanguageModel.GenerationOptions;

class SamplerTest {
  /** Probabilities 0.1, 0.4, 0.2, 0.3 at temperature 1. */
  private static final float[] LOGITS = {
    (float) Math.log(0.1), (float) Math.log(0.4), (float) Math.log(0.2), (float) Math.log(0.3)
  };

  private static final int DRAWS = 20_000;

  /** Four standard deviations of a share of 0.5 in that many draws. */
  private static final double NOISE = 4 * 0.5 / Math.sqrt(DRAWS);

  private static double[] shares(double temperature, int topK, double topP) {
    Sampler sampler = new Sampler(options(temperature, topK, topP, 3), 0);
    double[] shares = new double[LOGITS.length];
    for (int i = 0; i < DRAWS; i++) {
      shares[sampler.next(LOGITS)]++;
    }
    return Arrays.stream(shares).map(count -> count / DRAWS).toArray();
  }

  private static GenerationOptions options(double temperature, int topK, double topP, long seed) {
    return new GenerationOptions(8, List.of(), temperature, topK, topP, seed);
  }

  @Test
  void takesTheMostProbableTokenAtTemperatureZero() {
    Sampler sampler = new Sampler(options(0, 3, 0.5, 1), 0);

    assertThat(sampler.next(LOGITS)).isEqualTo(1);
    assertThat(sampler.next(new float[] {2, 5, 5, 1})).as("the first of equals").isEqualTo(1);
  }

  @Test
  void drawsByProbability() {
    assertThat(shares(1, 0, 1)).containsExactly(new double[] {0.1, 0.4, 0.2, 0.3}, within(NOISE));
  }

  @Test
  void sharpensAndFlattensByTemperature() {
    double half = 0.01 + 0.16 + 0.04 + 0.09;
    double[] sharp = {0.01 / half, 0.16 / half, 0.04 / half, 0.09 / half};

    assertThat(shares(0.5, 0, 1)).containsExactly(sharp, within(NOISE));
    assertThat(shares(1e6, 0, 1)).containsExactly(new double[] {.25, .25, .25, .25}, within(NOISE));
    assertThat(shares(1e-3, 0, 1)).containsExactly(0, 1, 0, 0);
  }

  @Test
  void keepsTheTopK() {
    double[] two = {0, 4.0 / 7, 0, 3.0 / 7};

    assertThat(shares(1, 2, 1)).containsExactly(two, within(NOISE));
    assertThat(shares(1, 1, 1)).containsExactly(0, 1, 0, 0);
    assertThat(shares(1, 99, 1)).as("more than there are").doesNotContain(0.0);
  }

  @Test
  void keepsTheFewestThatHoldTheTopP() {
    assertThat(shares(1, 0, 0.69))
        .containsExactly(new double[] {0, 4.0 / 7, 0, 3.0 / 7}, within(NOISE));
    assertThat(shares(1, 0, 0.71))
        .containsExactly(new double[] {0, 4.0 / 9, 2.0 / 9, 3.0 / 9}, within(NOISE));
    assertThat(shares(1, 0, 0)).as("never none").containsExactly(0, 1, 0, 0);
  }

  @Test
  void countsTheTopPAmongTheTopK() {
    // of 0.4 and 0.3 the first alone holds 57 %
    assertThat(shares(1, 2, 0.57)).containsExactly(0, 1, 0, 0);
    assertThat(shares(1, 2, 0.58)[3]).isPositive();
  }

  @Test
  void weakensWhatWasSaidBefore() {
    float[] logits = {3, 2.9f, -1, -1.2f};
    Sampler greedy = new Sampler(options(0, 0, 1, 0).withRepetitionPenalty(1.25), 0);

    assertThat(greedy.next(logits)).as("nothing was said").isZero();
    greedy.see(0);
    assertThat(greedy.next(logits)).as("3 / 1.25 = 2.4 < 2.9").isEqualTo(1);
    assertThat(logits).as("of the caller").containsExactly(3, 2.9f, -1, -1.2f);
    greedy.see(1);
    assertThat(greedy.next(logits)).as("2.4 > 2.9 / 1.25 = 2.32").isZero();
    float[] negative = {-9, -9, -1, -1.2f};
    greedy.see(2);
    assertThat(greedy.next(negative)).as("-1 * 1.25 < -1.2").isEqualTo(3);
  }

  @Test
  void penalisesBeforeItDraws() {
    // transformers' RepetitionPenaltyLogitsProcessor, then softmax of logits / temperature
    double[] scores = {Math.log(0.1), Math.log(0.4) * 2, Math.log(0.2), Math.log(0.3) * 2};
    double temperature = 0.7;
    double[] expected = Arrays.stream(scores).map(s -> Math.exp(s / temperature)).toArray();
    double mass = Arrays.stream(expected).sum();
    Sampler sampler = new Sampler(options(temperature, 0, 1, 5).withRepetitionPenalty(2), 0);
    sampler.see(1, 3);
    double[] shares = new double[4];
    for (int i = 0; i < DRAWS; i++) {
      shares[sampler.next(LOGITS)] += 1.0 / DRAWS;
    }

    assertThat(shares)
        .containsExactly(Arrays.stream(expected).map(e -> e / mass).toArray(), within(NOISE));
  }

  @Test
  void drawsTheSameForTheSameSeedAndSequence() {
    assertThat(sequence(7, 0)).containsExactly(sequence(7, 0));
    assertThat(sequence(7, 0)).isNotEqualTo(sequence(8, 0));
    assertThat(sequence(7, 0)).isNotEqualTo(sequence(7, 1));
  }

  private static int[] sequence(long seed, long number) {
    Sampler sampler = new Sampler(options(1, 0, 1, seed), number);
    return IntStream.range(0, 40).map(i -> sampler.next(LOGITS)).toArray();
  }
}
