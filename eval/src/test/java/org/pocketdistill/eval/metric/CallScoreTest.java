package org.pocketdistill.eval.metric;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CallScoreTest {
  private static final String CALL =
      "{\"name\":\"set_alarm\",\"arguments\":{\"hour\":7,\"day\":\"monday\"}}";

  @Test
  void orderOfKeysAndBlanksDoNotMatter() {
    CallScore score =
        CallScore.of(
            CALL,
            " {\"arguments\": {\"day\": \"monday\", \"hour\": 7}, \"name\": \"set_alarm\"}\n");

    assertThat(score.exact()).isTrue();
    assertThat(score.sameFunction()).isTrue();
    assertThat(score.unparseable()).isFalse();
    assertThat(score.slots()).isEqualTo(new SlotCounts(2, 2, 2));
  }

  @ParameterizedTest
  @CsvSource({
    "7, 7.0, true",
    "7, 70e-1, true",
    "0, -0.0, true",
    "0.1, 1e-1, true",
    "9007199254740993, 9007199254740992, false",
    "7, 1e999999999, false",
    "7, '\"7\"', false",
    "true, 1, false",
    "null, 0, false"
  })
  void numbersAreComparedByValue(String expected, String answered, boolean equal) {
    assertThat(CallScore.of(callWith(expected), callWith(answered)).exact()).isEqualTo(equal);
  }

  private static String callWith(String value) {
    return "{\"name\":\"f\",\"arguments\":{\"x\":" + value + "}}";
  }

  @Test
  void aWrongValueKeepsTheFunctionAndTheOtherSlot() {
    CallScore score =
        CallScore.of(
            CALL, "{\"name\":\"set_alarm\",\"arguments\":{\"hour\":8,\"day\":\"monday\"}}");

    assertThat(score.exact()).isFalse();
    assertThat(score.sameFunction()).isTrue();
    assertThat(score.slots().score()).isEqualTo(new ItemScore(2, 4));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "set_alarm",
        "{\"name\":\"set_alarm\"",
        "{\"name\":\"set_alarm\",\"arguments\":{}} {}",
        "{\"name\":\"set_alarm\",\"arguments\":\"none\"}",
        "[[[[[["
      })
  void whatIsNoCallHasNoSlots(String answer) {
    CallScore score = CallScore.of(CALL, answer);

    assertThat(score.unparseable()).isTrue();
    assertThat(score.exact()).isFalse();
    assertThat(score.sameFunction()).isFalse();
    assertThat(score.slots()).isEqualTo(new SlotCounts(0, 0, 2));
  }

  @Test
  void nestingDeeperThanTheParserAllowsIsNoCall() {
    String deep = callWith("[".repeat(5000) + "]".repeat(5000));

    assertThat(CallScore.of(CALL, deep).unparseable()).isTrue();
  }

  @Test
  void aReferenceThatIsTextIsComparedAsText() {
    assertThat(CallScore.of("I cannot do that.", " I cannot do that.\n").exact()).isTrue();

    CallScore called = CallScore.of("I cannot do that.", CALL);
    assertThat(called.exact()).isFalse();
    assertThat(called.sameFunction()).isFalse();
    assertThat(called.function()).isEmpty();
    assertThat(called.slots()).isEqualTo(new SlotCounts(0, 2, 0));
  }

  @Test
  void elementsOfAListAreSlotsOfTheSamePath() {
    CallScore score =
        CallScore.of(callWith("[\"a\",\"b\",\"b\",{\"c\":[]}]"), callWith("[\"b\",\"a\",\"a\"]"));

    assertThat(score.slots()).isEqualTo(new SlotCounts(2, 3, 4));
    assertThat(CallScore.of(callWith("[1,2]"), callWith("[2,1]")).exact()).isFalse();
  }

  @Test
  void equalValuesInDifferentPlacesAreDifferentSlots() {
    CallScore score =
        CallScore.of(callWith("{\"from\":\"a\",\"to\":\"b\"}"), callWith("{\"to\":\"a\"}"));

    assertThat(score.slots()).isEqualTo(new SlotCounts(0, 1, 2));
  }

  @Test
  void metricsAreFunctionsOfSums() {
    assertThat(Metric.SLOT_F1.value(2 + 4, 4 + 4)).isEqualTo(0.75);
    assertThat(Metric.PERPLEXITY.value(10 * Math.log(3), 10)).isCloseTo(3, withinRounding());
    assertThat(Metric.EXACT_MATCH.value(0, 0)).isNaN();
    assertThat(Metric.ofKey("slot_f1")).contains(Metric.SLOT_F1);
    assertThat(Metric.ofKey("bleu")).isEmpty();
  }

  private static org.assertj.core.data.Offset<Double> withinRounding() {
    return org.assertj.core.data.Offset.offset(1e-12);
  }
}
