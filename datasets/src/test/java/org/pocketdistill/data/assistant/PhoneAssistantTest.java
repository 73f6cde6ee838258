package org.pocketdistill.data.assistant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.FunctionCall;
import org.pocketdistill.data.GeneratorConfig;
import org.pocketdistill.data.GeneratorConfig.Language;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

final class PhoneAssistantTest {
  private static final Logger log = LoggerFactory.getLogger(PhoneAssistantTest.class);
  private static final long SEED = 11;
  private static final List<Language> BOTH = List.of(Language.EN, Language.ZH);
  private static final Splits ROWS = PhoneAssistant.generate(config(12_000, BOTH), SEED);

  /** Arguments whose values are copied from the utterance letter by letter. */
  private static final Set<String> COPIED =
      Set.of("contact text place song artist genre playlist label title item query".split(" ", -1));

  /** Arguments with a small fixed set of values, which the hard test set shares. */
  private static final Set<String> CLOSED =
      Set.of("day type mode setting page site to from op device room list reason".split(" ", -1));

  /** Arguments whose values come from lists. */
  private static final Set<String> LISTED =
      Set.of(
          "contact type mode artist genre playlist label app page site to from setting device room list"
              .split(" ", -1));

  @Test
  void givesEachSplitItsRowsInBothLanguages() {
    assertThat(ROWS.train()).hasSize(12_000);
    assertThat(ROWS.dev()).hasSize(200);
    assertThat(ROWS.test()).hasSize(400);
    assertThat(ROWS.hard()).hasSize(401);
    for (List<Example> rows : all()) {
      Map<String, Long> perLanguage = countBy(rows.stream().map(Example::group));
      assertThat(perLanguage).containsOnlyKeys("en", "zh");
      assertThat(perLanguage.get("en") - perLanguage.get("zh")).isBetween(0L, 1L);
    }
    assertThat(all().stream().flatMap(List::stream).map(Example::id)).doesNotHaveDuplicates();
  }

  @Test
  void neverRepeatsAnUtteranceInAnySplit() {
    assertThat(all().stream().flatMap(List::stream).map(PhoneAssistantTest::utterance))
        .doesNotHaveDuplicates();
  }

  @Test
  void sharesNoSlotCombinationBetweenTrainDevAndTest() {
    for (Language language : BOTH) {
      CommandSampler sampler =
          new CommandSampler(GrammarReader.read(language), List.of(PhoneFunction.values()), SEED);
      Set<String> seen = new HashSet<>();
      for (Split split : List.of(Split.TRAIN, Split.DEV, Split.TEST)) {
        Set<String> own =
            sampler.sample(split, 2000).stream()
                .map(Command::combination)
                .collect(Collectors.toSet());
        assertThat(own).as("%s %s", language, split).isNotEmpty().noneMatch(seen::contains);
        seen.addAll(own);
      }
    }
    Set<String> trained = calls(ROWS.train());
    for (List<Example> measured : List.of(ROWS.dev(), ROWS.test())) {
      Set<String> shared = calls(measured);
      shared.retainAll(trained);
      // a refusal says nothing of what it refuses, so its call is one and the same
      assertThat(shared)
          .containsOnly("{\"name\":\"refuse\",\"arguments\":{\"reason\":\"unsupported\"}}");
    }
  }

  @Test
  void trainsOnWhatIsSaidWithoutASlot() {
    Grammar grammar = GrammarReader.read(Language.EN);
    assertThat(grammar.fixedCalls())
        .contains(
            "{\"name\":\"set_setting\",\"arguments\":{\"setting\":\"brightness\",\"value\":\"down\"}}");

    // whoever owns a combination by chance depends on the seed
    for (long seed = 0; seed < 10; seed++) {
      Splits rows = PhoneAssistant.generate(config(200, BOTH), seed);
      Set<String> measured = calls(rows.dev());
      measured.addAll(calls(rows.test()));
      measured.retainAll(grammar.fixedCalls());
      measured.removeIf(call -> call.startsWith("{\"name\":\"refuse\""));
      assertThat(measured).as("seed %d", seed).isEmpty();
    }
  }

  /** A few values may be missing from a small training set by chance. */
  @Test
  void testsListedValuesThatAreTrainedOn() {
    Set<String> trained = new HashSet<>();
    for (Example row : ROWS.train()) {
      trained.addAll(listedValues(row));
    }
    List<String> tested = ROWS.test().stream().flatMap(row -> listedValues(row).stream()).toList();

    double known = tested.stream().filter(trained::contains).count();

    assertThat(known / tested.size()).isGreaterThan(0.97);
  }

  @Test
  void keepsOpenValuesOfTheHardSetOutOfAllOthers() {
    for (String language : List.of("en", "zh")) {
      Map<String, Set<String>> others = new TreeMap<>();
      for (List<Example> rows : List.of(ROWS.train(), ROWS.dev(), ROWS.test())) {
        values(rows, language)
            .forEach((a, v) -> others.computeIfAbsent(a, x -> new HashSet<>()).addAll(v));
      }
      values(ROWS.hard(), language)
          .forEach(
              (argument, values) -> {
                if (isOpen(argument)) {
                  Set<String> open = new TreeSet<>(values);
                  open.removeAll(
                      Set.of("\"on\"", "\"off\"", "\"up\"", "\"down\"", "\"open\"", "\"close\""));
                  open.removeIf(value -> argument.endsWith(".day") && !value.contains("-"));
                  open.retainAll(others.get(argument));
                  assertThat(open).as("%s %s", language, argument).isEmpty();
                }
              });
    }
  }

  @Test
  void asksForEveryFunctionInEverySplitAndLanguage() {
    for (List<Example> rows : all()) {
      for (String language : List.of("en", "zh")) {
        Map<String, Long> count =
            countBy(
                rows.stream()
                    .filter(row -> row.group().equals(language))
                    .map(row -> call(row).name()));
        double total = count.values().stream().mapToLong(Long::longValue).sum();
        assertThat(count).hasSize(PhoneFunction.values().length);
        count.forEach((name, n) -> assertThat(n / total).as(name).isGreaterThanOrEqualTo(0.03));
        assertThat(count.get("refuse") / total).isGreaterThanOrEqualTo(0.08);
      }
    }
  }

  @Test
  void answersWithCallsThatReadBackAsTheyAre() {
    for (List<Example> rows : all()) {
      for (Example row : rows) {
        String text = row.messages().get(1).content();
        assertThat(FunctionCall.parse(text)).map(FunctionCall::toJson).contains(text);
      }
    }
  }

  @Test
  void copiesFreeTextFromTheUtterance() {
    for (List<Example> rows : all()) {
      for (Example row : rows) {
        call(row)
            .arguments()
            .properties()
            .forEach(
                argument -> {
                  if (COPIED.contains(argument.getKey())) {
                    assertThat(utterance(row)).contains(argument.getValue().textValue());
                  }
                });
      }
    }
  }

  @Test
  void isAFunctionOfTheSeed() {
    assertThat(PhoneAssistant.generate(config(12_000, BOTH), SEED)).isEqualTo(ROWS);
    assertThat(calls(PhoneAssistant.generate(config(300, BOTH), SEED + 1).test()))
        .isNotEqualTo(calls(ROWS.test()));
  }

  @Test
  void measuresOnTheSameRowsWhateverIsTrainedOnAndSpoken() {
    Splits chinese = PhoneAssistant.generate(config(50, List.of(Language.ZH)), SEED);

    List<String> alone = chinese.test().stream().map(PhoneAssistantTest::utterance).toList();
    assertThat(chinese.train()).hasSize(50).allMatch(row -> row.group().equals("zh"));
    assertThat(alone)
        .startsWith(
            ROWS.test().stream()
                .filter(row -> row.group().equals("zh"))
                .map(PhoneAssistantTest::utterance)
                .toArray(String[]::new));
  }

  @Test
  void saysHowManyRowsArePossible() {
    GeneratorConfig config = new GeneratorConfig(1, 1, 1, 900_000, List.of(Language.ZH), List.of());

    assertThatThrownBy(() -> PhoneAssistant.generate(config, SEED))
        .isInstanceOf(DataException.class)
        .hasMessageMatching(
            "generator: hard_rows: 900000 rows were asked for, but only \\d{5,6} distinct ones are"
                + " possible with languages \\[zh\\]; ask for at most that many");
  }

  @Test
  void wantsALanguage() {
    assertThatThrownBy(() -> PhoneAssistant.generate(config(1, List.of()), SEED))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("languages: the list is empty, expected en, zh or both");
  }

  /** For reading by eye: {@code -Dorg.slf4j.simpleLogger.defaultLogLevel=info}. */
  @Test
  void showsASample() {
    for (Example row : ROWS.train().subList(0, 40)) {
      log.info("{} -> {}", utterance(row), row.messages().get(1).content());
    }
    assertThat(ROWS.train().get(0).messages()).hasSize(2);
  }

  private static GeneratorConfig config(int trainRows, List<Language> languages) {
    return new GeneratorConfig(trainRows, 200, 400, 401, languages, List.of());
  }

  private static List<String> listedValues(Example row) {
    FunctionCall call = call(row);
    return call.arguments().properties().stream()
        .filter(argument -> LISTED.contains(argument.getKey()))
        .map(argument -> row.group() + " " + call.name() + " " + argument)
        .toList();
  }

  private static List<List<Example>> all() {
    return List.of(ROWS.train(), ROWS.dev(), ROWS.test(), ROWS.hard());
  }

  private static String utterance(Example row) {
    return row.messages().get(0).content();
  }

  private static FunctionCall call(Example row) {
    return FunctionCall.parse(row.messages().get(1).content()).orElseThrow();
  }

  private static Set<String> calls(Collection<Example> rows) {
    return rows.stream()
        .map(row -> call(row).toJson())
        .collect(Collectors.toCollection(HashSet::new));
  }

  private static Map<String, Long> countBy(Stream<String> names) {
    return names.collect(Collectors.groupingBy(name -> name, TreeMap::new, Collectors.counting()));
  }

  private static boolean isOpen(String functionAndArgument) {
    String argument = functionAndArgument.substring(functionAndArgument.indexOf('.') + 1);
    return functionAndArgument.equals("open_app.app")
        || functionAndArgument.equals("create_event.day")
        || functionAndArgument.equals("add_reminder.day")
        || !(CLOSED.contains(argument) || argument.equals("app"));
  }

  /** The values of one language as JSON, by "function.argument". */
  private static Map<String, Set<String>> values(List<Example> rows, String language) {
    Map<String, Set<String>> values = new TreeMap<>();
    for (Example row : rows) {
      if (row.group().equals(language)) {
        FunctionCall call = call(row);
        for (Map.Entry<String, JsonNode> argument : call.arguments().properties()) {
          values
              .computeIfAbsent(call.name() + "." + argument.getKey(), name -> new TreeSet<>())
              .add(argument.getValue().toString());
        }
      }
    }
    return values;
  }

  @Test
  void saysOnlyTheFunctionsAskedFor() {
    GeneratorConfig config =
        new GeneratorConfig(
            40, 10, 10, 10, List.of(Language.EN, Language.ZH), List.of("set_timer", "refuse"));

    Splits splits = PhoneAssistant.generate(config, SEED);

    assertThat(splits.train())
        .extracting(row -> row.messages().get(1).content().split("\"", -1)[3])
        .containsOnly("set_timer", "refuse");
  }

  @Test
  void refusesAFunctionThatItDoesNotKnow() {
    GeneratorConfig config =
        new GeneratorConfig(4, 1, 1, 1, List.of(Language.EN), List.of("set_tmer"));
    assertThatThrownBy(() -> PhoneAssistant.generate(config, SEED))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("generator: functions: 'set_tmer', did you mean 'set_timer'?");
  }
}
