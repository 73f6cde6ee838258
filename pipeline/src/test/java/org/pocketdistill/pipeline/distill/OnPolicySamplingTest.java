package org.pocketdistill.pipeline.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.batch.BatchOptions;
import org.pocketdistill.batch.Batches;
import org.pocketdistill.batch.TokenizedExample;
import org.pocketdistill.batch.TokenizedRows;
import org.pocketdistill.pipeline.config.OnPolicyConfig;
import org.pocketdistill.pipeline.lm.TorchDecoder;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.GoldenCheckpoint;

class OnPolicySamplingTest {
  private static final long SEED = 23;
  private static final int LONGEST = 12;
  private static final int NEW = 6;

  private Decoder decoder;
  private TokenizedRows rows;

  @BeforeEach
  void open() {
    decoder = GoldenCheckpoint.open("llama_gqa").decoder();
    rows = RandomTokens.rows(SEED, 40, LONGEST, decoder.config().vocabSize());
  }

  @AfterEach
  void close() {
    decoder.close();
  }

  private OnPolicySampling sampling(double lambda, double temperature, Integer... ends) {
    OnPolicyConfig config = new OnPolicyConfig(lambda, temperature, 1, NEW);
    return new OnPolicySampling(config, new TorchDecoder(decoder), List.of(ends), SEED);
  }

  private Batches batches(int size) {
    return new Batches(rows, new BatchOptions(size, 40, true, SEED));
  }

  private static List<Integer> tokens(Batch batch, int row) {
    List<Integer> tokens = new ArrayList<>();
    for (int i = row * batch.length(); i < (row + 1) * batch.length(); i++) {
      if (batch.documentIds()[i] == 1) {
        tokens.add((int) batch.inputIds()[i]);
      }
    }
    return tokens;
  }

  private static int promptLength(Batch batch, int row) {
    int i = 0;
    while (batch.targets()[row * batch.length() + i] == TokenizedExample.IGNORE_INDEX) {
      i++;
    }
    return i + 1;
  }

  @Test
  void answersArePromptsContinuedByTheModel() {
    Batch given = batches(4).get(0);
    Batch own = sampling(1, 0).over(batches(4)::get).get(0);

    assertThat(own.rows()).as("documents, one a row").isGreaterThan(4);
    assertThat(own.rows() * own.length()).isLessThanOrEqualTo(given.inputIds().length);
    int first = promptLength(given, 0);
    assertThat(tokens(own, 0).subList(0, promptLength(own, 0)))
        .as("the first document's tokens before the first that is learned")
        .isEqualTo(tokens(given, 0).subList(0, first));
    for (int row = 0; row < own.rows(); row++) {
      List<Integer> tokens = tokens(own, row);
      int[] ids = tokens.stream().mapToInt(t -> t).toArray();
      float[][] logits = new TorchDecoder(decoder).logits(ids);
      int prompt = promptLength(own, row);
      assertThat(tokens).hasSize(prompt + NEW);
      for (int i = 0; i < own.length(); i++) {
        long target = own.targets()[row * own.length() + i];
        boolean learned = i >= prompt - 1 && i < prompt + NEW - 1;
        assertThat(target).isEqualTo(learned ? ids[i + 1] : TokenizedExample.IGNORE_INDEX);
        if (learned) {
          float best = -Float.MAX_VALUE;
          for (float logit : logits[i]) {
            best = Math.max(best, logit);
          }
          assertThat(logits[i][ids[i + 1]]).as("greedy").isCloseTo(best, within(1e-4f));
        }
      }
    }
    assertThat(own.learnedTokens()).isEqualTo(own.rows() * NEW);
  }

  @Test
  void anAnswerEndsWithItsFirstEndTokenWhichIsLearned() {
    Batch endless = sampling(1, 0).over(batches(4)::get).get(0);
    int end = tokens(endless, 0).get(promptLength(endless, 0) + 2);
    OnPolicySampling ending = sampling(1, 0, end);
    Batch own = ending.over(batches(4)::get).get(0);

    int learned = 0;
    for (int row = 0; row < own.rows(); row++) {
      int prompt = promptLength(own, row);
      List<Integer> before = tokens(endless, row).subList(prompt, prompt + NEW);
      int length = before.contains(end) ? before.indexOf(end) + 1 : NEW;
      assertThat(tokens(own, row).subList(prompt, prompt + length))
          .isEqualTo(before.subList(0, length));
      assertThat(tokens(own, row)).hasSize(prompt + length);
      learned += length;
    }
    long targets =
        Arrays.stream(own.targets()).filter(t -> t != TokenizedExample.IGNORE_INDEX).count();
    assertThat(own.learnedTokens()).isEqualTo(learned).isEqualTo((int) targets);
    assertThat(learned).isLessThan(own.rows() * NEW);
    assertThat(ending.isSampled(own)).isTrue();
    assertThat(ending.isSampled(batches(4).get(0))).isFalse();
  }

  @Test
  void whatIsSampledDependsOnSeedAndNumberAlone() {
    Batches given = batches(2);
    OnPolicySampling some = sampling(0.5, 1);
    List<Boolean> own = new ArrayList<>();
    for (int number = 0; number < 12; number++) {
      Batch batch = some.over(given::get).get(number);
      own.add(some.isSampled(batch));
      Batch again = sampling(0.5, 1).over(given::get).get(number);
      assertThat(again.inputIds()).containsExactly(batch.inputIds());
      if (!own.get(number)) {
        assertThat(batch.inputIds()).containsExactly(given.get(number).inputIds());
      }
    }
    assertThat(own).as("seed " + SEED).contains(true, false);
    assertThat(some.share(12)).isEqualTo(own.stream().filter(x -> x).count() / 12.0);
    assertThat(sampling(0.3, 1).share(20_000)).isCloseTo(0.3, within(0.02));
    assertThat(sampling(0, 1).share(100)).isZero();
    assertThat(sampling(1, 1).share(100)).isEqualTo(1);
  }
}
