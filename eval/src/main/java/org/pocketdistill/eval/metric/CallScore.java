package org.pocketdistill.eval.metric;

import java.util.Optional;
import org.pocketdistill.data.FunctionCall;

/**
 * An answer compared with its reference.
 *
 * @param exact see {@link Metric#EXACT_MATCH}
 * @param sameFunction see {@link Metric#FUNCTION_ACCURACY}
 * @param slots pairs of argument path and value
 * @param function the reference's function; empty if the reference is no call
 * @param unparseable the reference is a call and the answer is none
 */
public record CallScore(
    boolean exact,
    boolean sameFunction,
    SlotCounts slots,
    Optional<String> function,
    boolean unparseable) {

  /** Compares an answer with its reference. */
  public static CallScore of(String reference, String answer) {
    Optional<FunctionCall> expected = FunctionCall.parse(reference);
    Optional<FunctionCall> predicted = FunctionCall.parse(answer);
    SlotCounts slots =
        SlotCounts.of(
            expected.map(FunctionCall::arguments), predicted.map(FunctionCall::arguments));
    Optional<String> function = expected.map(FunctionCall::name);
    boolean sameFunction = function.equals(predicted.map(FunctionCall::name));
    boolean exact =
        expected.isPresent()
            ? sameFunction && sameArguments(expected, predicted)
            : reference.strip().equals(answer.strip());
    return new CallScore(
        exact, sameFunction, slots, function, expected.isPresent() && predicted.isEmpty());
  }

  /** No answer was given, which is wrong whatever the reference is. */
  public static CallScore unanswered(String reference) {
    CallScore empty = of(reference, "");
    return new CallScore(false, false, empty.slots(), empty.function(), empty.unparseable());
  }

  private static boolean sameArguments(Optional<FunctionCall> a, Optional<FunctionCall> b) {
    return a.map(call -> JsonValues.canonical(call.arguments()))
        .equals(b.map(call -> JsonValues.canonical(call.arguments())));
  }
}
