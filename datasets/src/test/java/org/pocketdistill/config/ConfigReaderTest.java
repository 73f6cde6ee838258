package org.pocketdistill.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.config.SampleConfig.Kind;
import org.pocketdistill.config.SampleConfig.Part;

class ConfigReaderTest {
  private static final String MINIMAL = "name: a\nlearning_rate: 0.5\n";

  record Strict(@Key(value = "size", min = 0) int size) {
    Strict {
      if (size % 2 == 1) {
        throw new IllegalArgumentException("odd size " + size);
      }
    }
  }

  record Outer(@Key("inner") Strict inner) {}

  private static SampleConfig read(String yaml, String... overrides) {
    return ConfigReader.parse(yaml, Path.of("x.yaml"), SampleConfig.class, List.of(overrides));
  }

  private static List<String> problems(String yaml, String... overrides) {
    ConfigException thrown =
        catchThrowableOfType(ConfigException.class, () -> read(yaml, overrides));
    assertThat(thrown).as("nothing was refused in%n%s", yaml).isNotNull();
    return thrown.getMessage().lines().toList();
  }

  @Test
  void fillsInEveryDefault() {
    SampleConfig config = read(MINIMAL);

    assertThat(config)
        .isEqualTo(
            new SampleConfig(
                "a",
                17L,
                8,
                0.5,
                true,
                Kind.FORWARD_KL,
                new Part("", 1e-8),
                List.of(),
                List.of(0.0, 1.0),
                Map.of(),
                Optional.empty()));
  }

  @Test
  void mapsEveryKey() {
    SampleConfig config =
        read(
            """
            name: "5"
            seed: 9007199254740993
            rank: 64
            learning_rate: 1e-3
            packing: false
            kind: reverse_kl
            part: {text: 时间, epsilon: 0}
            parts:
              - text: |
                  two
                  lines
              - {}
            shares: [1, .5]
            named: {b: {}, a: {text: x}}
            """);

    assertThat(config)
        .isEqualTo(
            new SampleConfig(
                "5",
                9007199254740993L,
                64,
                1e-3,
                false,
                Kind.REVERSE_KL,
                new Part("时间", 0),
                List.of(new Part("two\nlines\n", 1e-8), new Part("", 1e-8)),
                List.of(1.0, 0.5),
                Map.of("b", new Part("", 1e-8), "a", new Part("x", 1e-8)),
                Optional.empty()));
    assertThat(config.named().keySet()).as("order of the file").containsExactly("b", "a");
  }

  @Test
  void reportsProblemsOfEveryKindAtOnceInTheOrderOfTheFile() {
    List<String> problems =
        problems(
            """
            seed: -1
            rank: many
            kind: forward_ks
            packing: yes
            part:
              txt: a
              epsilon: "1"
            parts:
              - epsilon: -2
            limit: 5
            rank: 4
            """,
            "packing=false",
            "shares.1=3");

    assertThat(problems)
        .containsExactly(
            "x.yaml:1: name: missing key (name of the sample); expected text",
            "x.yaml:1: seed: expected a whole number of at least 0, got '-1'",
            "x.yaml:1: learning_rate: missing key (rate); expected a number from 0 to 1",
            "x.yaml:2: rank: expected a whole number from 1 to 64, got 'many'",
            "x.yaml:3: kind: expected one of forward_kl, reverse_kl, tvd, got 'forward_ks';"
                + " did you mean 'forward_kl'?",
            "x.yaml:6: part.txt: unknown key, did you mean 'text'?",
            "x.yaml:7: part.epsilon: expected a number of at least 0, got '1'",
            "x.yaml:9: parts.0.epsilon: expected a number of at least 0, got '-2'",
            "x.yaml:10: limit: limit needs packing",
            "x.yaml:11: rank: duplicate key, first given in line 2; keep one",
            "--set shares.1=3: shares: expected a list, each a number from 0 to 1, got a mapping");
  }

  @Test
  void saysWhichKeysThereAreWhenNoneIsNear() {
    assertThat(problems(MINIMAL + "part: {colour: red}"))
        .containsExactly("x.yaml:3: part.colour: unknown key, expected one of text, epsilon");
  }

  @Test
  void suggestsTheKeyOfWhichAPartWasWritten() {
    assertThat(problems("name: a\nrate: 0.5\n"))
        .containsExactly("x.yaml:2: rate: unknown key, did you mean 'learning_rate'?");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rank: 1_000 | expected a whole number from 1 to 64, got '1_000'",
        "rank: 2.5 | expected a whole number from 1 to 64, got '2.5'",
        "rank: 1e999999999 | expected a whole number from 1 to 64, got '1e999999999'",
        "rank: [1] | expected a whole number from 1 to 64, got a list",
        "rank: | expected a whole number from 1 to 64, got no value",
        "seed: 9223372036854775808 | whole number of at least 0, got '9223372036854775808'",
        "limit: 3000000000 | expected at most 2147483647, got '3000000000'",
        "limit: \"3\" | expected a whole number of at least 1, got '3'",
        "shares: [0, 1e999] | shares.1: expected a number from 0 to 1, got '1e999'",
        "shares: [.nan] | shares.0: expected a number from 0 to 1, got '.nan'",
        "shares: 0.5 | expected a list, each a number from 0 to 1, got '0.5'",
        "packing: 1 | expected true or false, got '1'",
        "packing: \"true\" | expected true or false, got 'true'",
        "kind: FORWARD_KL | did you mean 'forward_kl'?",
        "kind: [] | expected one of forward_kl, reverse_kl, tvd, got a list",
        "part: hello | expected a mapping with the keys text, epsilon, got 'hello'",
        "part: {text: 5} | part.text: expected text, got the number 5; put it in quotes",
        "part: {text: true} | part.text: expected text, got true; put it in quotes",
        "part: {text: [a]} | part.text: expected text, got a list",
        "part: {text: } | part.text: expected text, got no value",
        "part: {text: \"a\\0\"} | part.text: expected text without the character NUL",
        "named: [] | expected a mapping of names, each to a mapping with the keys text, epsilon",
        "named: {a: 1} | named.a: expected a mapping with the keys text, epsilon, got '1'",
      })
  void saysWhatWasExpected(String line, String message) {
    assertThat(problems(MINIMAL + line)).singleElement().asString().contains("x.yaml:3: ", message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "part: &p {text: a} | x.yaml:3: part: anchors and aliases are not allowed",
        "part: *p | x.yaml:3: part: anchors and aliases are not allowed",
        "part: {<<: *p} | x.yaml:3: part.<<: anchors and aliases are not allowed",
        "part: !!java.lang.String a | x.yaml:3: part: tags (!…) are not allowed",
        "'kind: \"a' | not valid YAML: while scanning a quoted scalar (from line 3), found unexpected end",
        "'kind: a: b' | x.yaml:3: not valid YAML: mapping values are not allowed here (column 8)",
        "'kind:\t[a' | x.yaml:3: not valid YAML",
        "'...\n---\nname: b' | a second document; expected one in a file",
      })
  void refusesWhatIsNotPlainYaml(String line, String message) {
    assertThat(problems(MINIMAL + line)).singleElement().asString().contains(message);
  }

  @Test
  void refusesAnAliasBombBeforeItGrows() {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 20; i++) {
      bomb.append("a%d: &a%d [*a%d, *a%d, *a%d]%n".formatted(i, i, i - 1, i - 1, i - 1));
    }

    assertThat(problems(bomb.toString())).singleElement().asString().contains("x.yaml:1: a0: anch");
  }

  @Test
  void refusesDeepNesting() {
    assertThat(problems(MINIMAL + "shares: " + "[".repeat(40) + "]".repeat(40)))
        .singleElement()
        .asString()
        .contains("nested deeper than 32 levels");
  }

  @ParameterizedTest
  @CsvSource({"''", "'# only a comment\n'", "'---\n'"})
  void saysThatAFileIsEmpty(String yaml) {
    assertThat(problems(yaml)).singleElement().asString().contains("x.yaml", "empty");
  }

  @Test
  void expectsAMappingAtTheTop() {
    assertThat(problems("[a]"))
        .singleElement()
        .asString()
        .startsWith("x.yaml:1: expected a mapping with the keys name, seed,")
        .endsWith("got a list");
  }

  @Test
  void locatesAContradictionAtTheKeyItNames() {
    assertThat(problems(MINIMAL + "kind: tvd\nrank: 32\npacking: false\nlimit: 3\n"))
        .containsExactly(
            "x.yaml:4: rank: tvd goes with a rank of at most 16",
            "x.yaml:6: limit: limit needs packing");
    assertThat(problems(MINIMAL + "parts:\n- {}\n- text: a\n"))
        .containsExactly("x.yaml:5: parts.1.text: named like the sample");
  }

  @Test
  void reportsAContradictionBesideOtherProblems() {
    assertThat(problems("name: a\nkind: tvd\nrank: 32\nfoo: 1\n"))
        .containsExactly(
            "x.yaml:1: learning_rate: missing key (rate); expected a number from 0 to 1",
            "x.yaml:3: rank: tvd goes with a rank of at most 16",
            "x.yaml:4: foo: unknown key, expected one of name, seed, rank, learning_rate, packing,"
                + " kind, part, parts, shares, named, limit");
  }

  @Test
  void keepsQuietAboutContradictionsWithAValueThatIsWrongItself() {
    assertThat(problems(MINIMAL + "packin: true\nlimit: 4\n"))
        .containsExactly("x.yaml:3: packin: unknown key, did you mean 'packing'?");
    assertThat(problems(MINIMAL + "kind: tvd\nrank: 100\n")).hasSize(1);
  }

  @Test
  void overridesBeforeChecking() {
    SampleConfig config =
        read(
            "nme: a\nrank: 1000\nparts:\n- {text: old}\n- {}\n".replace("nme", "name"),
            "rank=4",
            "learning_rate=1e-2",
            "name=5: five #5",
            "parts.1.text=new",
            "part.epsilon=0.5",
            "shares=[0.25, 0.75]",
            "named={a: {text: 'x'}}",
            "packing=false");

    assertThat(config.rank()).isEqualTo(4);
    assertThat(config.learningRate()).isEqualTo(1e-2);
    assertThat(config.name()).isEqualTo("5: five #5");
    assertThat(config.parts()).extracting(Part::text).containsExactly("old", "new");
    assertThat(config.part().epsilon()).isEqualTo(0.5);
    assertThat(config.shares()).containsExactly(0.25, 0.75);
    assertThat(config.named()).containsOnlyKeys("a");
    assertThat(config.packing()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rnk=3 | --set rnk=3: rnk: unknown key, did you mean 'rank'?",
        "rank=many | --set rank=many: rank: expected a whole number from 1 to 64, got 'many'",
        "rank | --set rank: expected KEY=VALUE, for example distill.temperature=2",
        "=3 | --set =3: expected KEY=VALUE",
        "part..text=a | expected KEY=VALUE",
        "name.first=a | --set name.first=a: name.first: no such key: name is 'a', not a mapping",
        "parts.1.text=a | parts.1: no such key: parts is a list of 1; indexes start at 0",
        "parts.x=a | parts.x: no such key: parts is a list of 1",
        "shares=[1 | --set shares=[1: not valid YAML",
        "part.epsilon= | --set part.epsilon=: part.epsilon: expected a number of at least 0, got no",
        "part={text: [1]} | --set part={text: [1]}: part.text: expected text, got a list",
      })
  void namesTheFlagOfAWrongOverride(String override, String message) {
    assertThat(problems(MINIMAL + "parts: [{}]\n", override))
        .singleElement()
        .asString()
        .contains(message);
  }

  @Test
  void readsALineNumberBehindCharactersOutsideTheBasicPlane() {
    assertThat(problems("# 😀😀😀\nname: \"😀\"\nlearning_rate: \"1\"\n"))
        .containsExactly("x.yaml:3: learning_rate: expected a number from 0 to 1, got '1'");
  }

  @Test
  void reportsWhatAConstructorRefuses() {
    assertThatThrownBy(
            () ->
                ConfigReader.parse(
                    "inner:\n  size: 3\n", Path.of("y.yaml"), Outer.class, List.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessage("y.yaml:1: inner: odd size 3");
  }

  @Test
  void carriesFileAndProblems() {
    ConfigException thrown =
        catchThrowableOfType(ConfigException.class, () -> read("name: a\n", "learning_rate=2"));

    assertThat(thrown.file()).contains(Path.of("x.yaml"));
    assertThat(thrown.problems())
        .containsExactly(
            new ConfigProblem(
                "--set learning_rate=2",
                0,
                "learning_rate",
                "expected a number from 0 to 1, got '2'"));
  }
}
