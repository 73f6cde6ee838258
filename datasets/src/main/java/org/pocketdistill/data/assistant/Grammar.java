package org.pocketdistill.data.assistant;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
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
 */
record Grammar(
    Map<PhoneFunction, List<Phrasing>> seen,
    Map<PhoneFunction, List<Phrasing>> heldOut,
    Map<String, Frames> frames) {
  private static final Set<String> IN_ONE_WORD =
      Set.of("brightness up", "brightness down", "volume up", "volume down");

  /** Says one command that asks for {@code function}. */
  Command say(PhoneFunction function, Draw draw) {
    Phrasing phrasing = draw.oneOf((draw.heldOut() ? heldOut : seen).get(function));
    Rendering words = new Rendering();
    phrasing.template().render(draw, words);
    if (!function.arguments().containsAll(words.arguments().keySet())) {
      throw new IllegalStateException(
          function.key() + " lacks an argument of: " + phrasing.template());
    }
    ObjectNode arguments = JsonNodeFactory.instance.objectNode();
    for (String name : function.arguments()) {
      JsonNode value = words.arguments().getOrDefault(name, phrasing.implied().get(name));
      if (value != null) {
        arguments.set(name, value);
      }
    }
    String utterance = frames.get(phrasing.kind()).around(words, draw);
    String call = new FunctionCall(function.key(), arguments).toJson();
    return new Command(
        function, utterance, call, isElementary(function, arguments), words.saidOnly().toString());
  }

  /**
   * Whether a value stands alone. Most settings know on and off and nothing else, so one of the two
   * counts as elementary; otherwise both could be kept from training. So could phrasings that name
   * setting and value in one word: "dim the screen".
   */
  private static boolean isElementary(PhoneFunction function, ObjectNode arguments) {
    if (function == PhoneFunction.SET_SETTING) {
      String setting = arguments.path("setting").asText();
      String value = arguments.path("value").asText();
      return IN_ONE_WORD.contains(setting + " " + value)
          || value.equals(setting.hashCode() % 2 == 0 ? "on" : "off");
    }
    return arguments.size() <= 1 && function.arguments().size() > 1;
  }
}
