package org.pocketdistill.pipeline.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.data.DataException;
import org.pocketdistill.eval.LanguageModel.LogLikelihood;
import org.pocketdistill.eval.LanguageModel.LogLikelihoodRequest;
import org.pocketdistill.pipeline.TinyModel;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** Log-probabilities of texts on a tiny checkpoint, added up by hand from its logits. */
class LikelihoodScorerTest {
  private static final double TOLERANCE = 1e-4;
  private static final int BEGINNING = TinyModel.END;

  @TempDir private static Path folder;
  private static TokenLanguageModel model;

  @BeforeAll
  static void open() throws IOException {
    TinyModel.write(folder);
    model = new LanguageModelFolder(folder).open(ComputeDtype.FP32, 4);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static int[] ids(String text) {
    return model.tokenizer().encode(text);
  }

  private static int[] after(int first, int... ids) {
    return IntStream.concat(IntStream.of(first), IntStream.of(ids)).toArray();
  }

  /** Σ ln p of the tokens of a row from a position on, each computed with a softmax of its own. */
  private static double expected(int[] row, int from) {
    float[][] logits = model.decoder().logits(row);
    double sum = 0;
    for (int i = from; i < row.length; i++) {
      double normalizer = 0;
      for (float logit : logits[i - 1]) {
        normalizer += Math.exp(logit);
      }
      sum += logits[i - 1][row[i]] - Math.log(normalizer);
    }
    return sum;
  }

  private static LogLikelihood joint(String context, String continuation) {
    return model
        .logLikelihood(List.of(new LogLikelihoodRequest(context, continuation, true)))
        .get(0);
  }

  @Test
  void aContinuationIsWhatTheWholeTextHasMoreThanItsContext() {
    int[] whole = ids("wake me at seven");
    int from = ids("wake me").length;

    LogLikelihood score = joint("wake me", " at seven");

    assertThat(score.sum()).isCloseTo(expected(whole, from), within(TOLERANCE));
    assertThat(score.tokens()).isEqualTo(whole.length - from);
    assertThat(score.cut()).isZero();
    assertThat(joint("wake me ", "at seven"))
        .as("blanks at the end of the context go to the continuation")
        .isEqualTo(score);
  }

  @Test
  void theFirstTokenFollowsTheTokenThatBeginsATextWhereThereIsNoContext() {
    int[] whole = after(BEGINNING, ids("call her"));

    assertThat(joint("", "call her").sum()).isCloseTo(expected(whole, 1), within(TOLERANCE));
    assertThat(joint("", "call her").tokens()).isEqualTo(whole.length - 1);
  }

  @Test
  void choicesOfOneTokenShareTheirPrompt() throws IOException {
    String prompt = "wake her at";
    int[] context = ids(prompt);
    float[] logits = model.decoder().logits(context)[context.length - 1];
    String best = model.tokenizer().decode(TokenScorer.largest(logits, 1), false);
    List<LogLikelihoodRequest> requests =
        List.of(
            new LogLikelihoodRequest(prompt, "!"),
            new LogLikelihoodRequest("call me", " in the morning"),
            new LogLikelihoodRequest(prompt, best),
            new LogLikelihoodRequest("call", "?"),
            new LogLikelihoodRequest("call", "!"),
            new LogLikelihoodRequest(prompt, "!!"));

    List<LogLikelihood> together = model.logLikelihood(requests);

    for (int i = 0; i < requests.size(); i++) {
      LogLikelihood alone = model.logLikelihood(requests.subList(i, i + 1)).get(0);
      assertThat(together.get(i).sum()).isCloseTo(alone.sum(), within(TOLERANCE));
      assertThat(together.get(i).tokens()).isEqualTo(alone.tokens());
      assertThat(together.get(i).greedy()).as("%d", i).isEqualTo(alone.greedy()).isEqualTo(i == 2);
    }
    Path phone = TinyModel.export(folder, folder.resolve("onnx"), OnnxPrecision.FP32);
    try (TokenLanguageModel onnx = new LanguageModelFolder(phone).open(ComputeDtype.FP32, 4)) {
      List<LogLikelihood> exported = onnx.logLikelihood(requests);
      for (int i = 0; i < requests.size(); i++) {
        assertThat(exported.get(i).sum()).isCloseTo(together.get(i).sum(), within(TOLERANCE));
      }
    }
  }

  @Test
  void aContextThatDoesNotFitLosesItsBeginning() {
    String context = "0123456789".repeat(20);
    int[] whole = ids(context + " at");
    int cut = whole.length - TinyModel.CONTEXT;
    int from = ids(context).length - cut;

    LogLikelihood score = joint(context, " at");

    assertThat(score.cut()).isEqualTo(cut).isPositive();
    int[] kept = Arrays.copyOfRange(whole, cut, whole.length);
    assertThat(score.sum()).isCloseTo(expected(kept, from), within(TOLERANCE));
    assertThatThrownBy(() -> joint("wake", context))
        .isInstanceOf(DataException.class)
        .hasMessage(
            "a continuation of 200 tokens, expected at most 159 (the model's context less 1)");
  }

  /** 20 tokens in windows of 8: as lm-eval's {@code get_rolling_token_windows}, disjoint. */
  @Test
  void aTextIsPredictedInWindowsTheLastOfWhichIsFilledUp() {
    int[] text = ids("01234567890123456789");
    assertThat(text).hasSize(20);
    int[] whole = after(BEGINNING, text);
    double sum =
        expected(Arrays.copyOfRange(whole, 0, 9), 1)
            + expected(Arrays.copyOfRange(whole, 8, 17), 1)
            + expected(Arrays.copyOfRange(whole, 12, 21), 5);

    List<LogLikelihood> scores =
        model.rollingLogLikelihood(List.of("call me", "01234567890123456789"), 8);

    assertThat(scores.get(1).sum()).isCloseTo(sum, within(TOLERANCE));
    assertThat(scores.get(1).tokens()).isEqualTo(20);
    int[] brief = after(BEGINNING, ids("call me"));
    assertThat(scores.get(0).sum()).isCloseTo(expected(brief, 1), within(TOLERANCE));
  }

  @Test
  void aTextLongerThanTheContextNeedsNoWindowOfItsOwn() {
    String text = "0123456789".repeat(20);
    int[] whole = after(BEGINNING, ids(text));
    int size = TinyModel.CONTEXT - 1;
    double sum =
        expected(Arrays.copyOf(whole, size + 1), 1)
            + expected(Arrays.copyOfRange(whole, 200 - size, 201), size + 1 - (200 - size));

    LogLikelihood score = model.rollingLogLikelihood(List.of(text), Integer.MAX_VALUE).get(0);

    assertThat(score.tokens()).isEqualTo(200);
    assertThat(score.sum()).isCloseTo(sum, within(TOLERANCE));
  }
}
