package org.pocketdistill.data.assistant;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pocketdistill.data.FunctionCall;

/**
 * Everything one language can say: phrasings by function and the frames around them. Immutable.
 *
 * @param seen the phrasings of train, dev and test
 * @param heldOut the phrasings of the hard test set
 * @param frames what is said around a phrasing, by its kind
 * @param fixedCalls calls that a phrasing of train, dev and test in some language says without a
 *     slot: kept from training, the words would be as well ("dim the screen")
 */
record Grammar(
    Map<PhoneFunction, List<Phrasing>> seen,
    Map<PhoneFunction, List<Phrasing>> heldOut,
    Map<String, Frames> frames,
    Set<String> fixedCalls) {

  /** Says one command that asks for {@code function}. */
  Command say(PhoneFunction function, Draw draw) {
    Phrasing phrasing = draw.oneOf((draw.heldOut() ? heldOut : seen).get(function));
    Rendering words = new Rendering();
    phrasing.template().render(draw, words);
    if (!function.arguments().containsAll(words.arguments().keySet())) {
      throw new IllegalStateException(
          function.key() + " lacks an argument of: " + phrasing.template());
    }
    ObjectNode arguments = phrasing.arguments(function, words.arguments());
    String utterance = frames.get(phrasing.kind()).around(words, draw);
    String call = new FunctionCall(function.key(), arguments).toJson();
    String saidOnly = words.saidOnly().toString();
    boolean fixed = words.saidOnly().isEmpty() && fixedCalls.contains(call);
    boolean elementary = fixed || isElementary(function, arguments);
    return new Command(function, utterance, call, elementary, saidOnly);
  }

  /**
   * Whether a value stands alone. Most settings know on and off and nothing else, so one of the two
   * counts as elementary; otherwise both could be kept from training.
   */
  private static boolean isElementary(PhoneFunction function, ObjectNode arguments) {
    if (function == PhoneFunction.SET_SETTING) {
      boolean even = arguments.path("setting").asText().hashCode() % 2 == 0;
      return arguments.path("value").asText().equals(even ? "on" : "off");
    }
    return arguments.size() <= 1 && function.arguments().size() > 1;
  }
}
