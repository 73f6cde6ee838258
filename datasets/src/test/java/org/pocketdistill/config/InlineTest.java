package org.pocketdistill.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Keys that several records share. */
class InlineTest {
  /** Shared keys. */
  record Shared(
      @Key(value = "size", defaultValue = "3", min = 1) int size,
      @Key("note") Optional<String> note)
      implements Checked {
    @Override
    public List<Contradiction> contradictions() {
      return new Rules().require(size != 7, "7 is taken", "size").broken();
    }
  }

  /** A record with the shared keys between its own. */
  record Outer(
      @Key("name") String name,
      @Inline Shared shared,
      @Key(value = "last", defaultValue = "true") boolean last)
      implements Checked {
    @Override
    public List<Contradiction> contradictions() {
      return shared.contradictions();
    }
  }

  private static Outer parse(String yaml) {
    return ConfigReader.parse(yaml, Path.of("a.yaml"), Outer.class, List.of());
  }

  @Test
  void itsKeysStandAmongThoseOfTheRecordAroundIt() {
    Outer read = parse("name: a\nsize: 5\nnote: here\nlast: false\n");

    assertThat(read).isEqualTo(new Outer("a", new Shared(5, Optional.of("here")), false));
    assertThat(ConfigWriter.toYaml(read)).isEqualTo("name: a\nsize: 5\nnote: here\nlast: false\n");
    assertThat(parse("name: a\n")).isEqualTo(new Outer("a", new Shared(3, Optional.empty()), true));
  }

  @Test
  void itsProblemsAreNamedByTheKeyAsItStandsInTheFile() {
    assertThatThrownBy(() -> parse("name: a\nsize: 0\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("a.yaml:2: size: ");
    assertThatThrownBy(() -> parse("name: a\nsize: 7\n")).hasMessageContaining("size: 7 is taken");
    assertThatThrownBy(() -> parse("name: a\nsise: 7\n"))
        .hasMessageContaining("unknown key")
        .hasMessageContaining("size");
  }

  @Test
  void itsKeysAreInTheSchema() {
    assertThat(JsonSchemaWriter.toJson(Outer.class, "outer"))
        .containsSubsequence("\"name\"", "\"size\"", "\"note\"", "\"last\"")
        .doesNotContain("\"shared\"", "$ref");
  }
}
