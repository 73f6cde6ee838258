package org.pocketdistill.data.assistant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pocketdistill.data.GeneratorConfig.Language;

final class GrammarTest {
  private static final long SEED = 20240717;

  @ParameterizedTest
  @EnumSource(Language.class)
  void hasManyPhrasingsAndOthersHeldOut(Language language) {
    Grammar grammar = GrammarReader.read(language);

    for (PhoneFunction function : PhoneFunction.values()) {
      List<String> seen = texts(grammar.seen().get(function));
      List<String> heldOut = texts(grammar.heldOut().get(function));
      assertThat(seen).as("%s", function).hasSizeGreaterThanOrEqualTo(8).doesNotHaveDuplicates();
      assertThat(heldOut)
          .as("%s", function)
          .hasSizeGreaterThanOrEqualTo(4)
          .doesNotHaveDuplicates()
          .doesNotContainAnyElementsOf(seen);
    }
  }

  @ParameterizedTest
  @EnumSource(Language.class)
  void hasFramesForEveryKindOfPhrasing(Language language) {
    Grammar grammar = GrammarReader.read(language);

    for (PhoneFunction function : PhoneFunction.values()) {
      assertThat(grammar.frames().keySet())
          .containsAll(grammar.seen().get(function).stream().map(Phrasing::kind).toList())
          .containsAll(grammar.heldOut().get(function).stream().map(Phrasing::kind).toList());
    }
  }

  /** Drawn without removing repeats, so that no contradiction is swept away by their removal. */
  @ParameterizedTest
  @EnumSource(Language.class)
  void neverMeansTwoCallsByOneUtterance(Language language) {
    Grammar grammar = GrammarReader.read(language);
    UniformRandomProvider rng = RandomSource.XO_RO_SHI_RO_128_PP.create(SEED);
    Map<String, String> calls = new HashMap<>();

    for (int i = 0; i < 2000; i++) {
      for (PhoneFunction function : PhoneFunction.values()) {
        Command command = grammar.say(function, new Draw(rng, i % 4 == 0));
        String before = calls.put(command.utterance(), command.call());
        assertThat(before).as("seed %d: %s", SEED, command.utterance()).isIn(null, command.call());
      }
    }
  }

  @Test
  void fillsImpliedArgumentsInTheFunctionsOrder() {
    Slot room = (argument, draw) -> Filling.of("kitchen", argument, "kitchen");
    Template template = Template.parse("it's dark in the {room}", Map.of("room", room));
    Phrasing phrasing =
        new Phrasing(
            "statement",
            template,
            Map.of(
                "value",
                Filling.of("", "", "on").arguments().get(""),
                "device",
                Filling.of("", "", "light").arguments().get("")));
    Map<PhoneFunction, List<Phrasing>> phrasings =
        Map.of(PhoneFunction.CONTROL_DEVICE, List.of(phrasing));
    Grammar grammar =
        new Grammar(
            phrasings, phrasings, Map.of("statement", Frames.of(".", List.of("{}"))), Set.of());

    Command command = grammar.say(PhoneFunction.CONTROL_DEVICE, draw());

    assertThat(command.call())
        .isEqualTo(
            "{\"name\":\"control_device\","
                + "\"arguments\":{\"device\":\"light\",\"room\":\"kitchen\",\"value\":\"on\"}}");
  }

  @Test
  void readsSlotsChoicesAndOptionalParts() {
    Slot name = (argument, draw) -> Filling.of("Anna", argument, "Anna");
    Template template = Template.parse("(call|ring) {contact:name}[ now]", Map.of("name", name));

    Rendering rendering = new Rendering();
    template.render(draw(), rendering);

    assertThat(rendering.text()).matches("(call|ring) Anna( now)?");
    assertThat(rendering.arguments()).containsOnlyKeys("contact");
    assertThat(template.slotNames()).containsExactly("name");
  }

  @Test
  void refusesBracketsThatDoNotMatch() {
    for (String wrong : List.of("call {name", "call (a|b", "call a]", "a | b", "call [a")) {
      assertThatThrownBy(() -> Template.parse(wrong, Map.of()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("phrasing: " + wrong);
    }
  }

  @Test
  void addsNothingAfterFreeText() {
    Frames frames = Frames.of(".", List.of("could you {}?", "{}, please"));
    Rendering rendering = new Rendering();
    rendering.literal("note that ");
    rendering.argument(Filling.freeText("text", "the car is red"));

    for (int i = 0; i < 50; i++) {
      assertThat(frames.around(rendering, draw(i))).endsWith("the car is red");
    }
  }

  private static Draw draw() {
    return draw(SEED);
  }

  private static Draw draw(long seed) {
    return new Draw(RandomSource.XO_RO_SHI_RO_128_PP.create(seed), false);
  }

  private static List<String> texts(List<Phrasing> phrasings) {
    return phrasings.stream().map(phrasing -> phrasing.template().toString()).toList();
  }
}
