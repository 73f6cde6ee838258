package org.pocketdistill.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.config.SampleConfig.Kind;
import org.pocketdistill.config.SampleConfig.Part;

class ConfigWriterTest {
  private static SampleConfig sample(String text) {
    return new SampleConfig(
        text,
        3L,
        8,
        0.1,
        true,
        Kind.REVERSE_KL,
        new Part(text + "1", 1e-8),
        List.of(new Part(text + "2", 0)),
        List.of(0.0, 1.0),
        Map.of("no", new Part("", 5)),
        Optional.of(4));
  }

  private static SampleConfig reread(SampleConfig config) {
    return ConfigReader.parse(
        ConfigWriter.toYaml(config), Path.of("resolved.yaml"), SampleConfig.class, List.of());
  }

  @Test
  void writesReadableYamlWithEveryDefault() {
    SampleConfig config =
        ConfigReader.parse(
            "name: a\nlearning_rate: 0.5\n", Path.of("x"), SampleConfig.class, List.of());

    assertThat(ConfigWriter.toYaml(config))
        .isEqualTo(
            """
            name: a
            seed: 17
            rank: 8
            learning_rate: 0.5
            packing: true
            kind: forward_kl
            part:
              text: ""
              epsilon: 1.0E-8
            parts: []
            shares:
            - 0
            - 1
            named: {}
            """);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "",
        "5",
        "0x1F",
        "1e5",
        "-1",
        ".5",
        "_",
        "true",
        "No",
        "null",
        "~",
        "y",
        ".NaN",
        "a: b",
        "# c",
        "- d",
        "two\nlines",
        "ends in colon:",
        " blank",
        "*a",
        "&a",
        "!t",
        "%",
        "@",
        "`",
        "'",
        "\"",
        "\\",
        "\t",
        "a/b.jsonl.gz",
        "时间",
        "😀",
        "[x]",
        "{x}",
        "a,b",
        "?",
        "|",
        ">",
        "e5",
        "\u0085"
      })
  void isReadBackAsAnEqualRecord(String text) {
    assertThat(reread(sample(text))).isEqualTo(sample(text));
  }
}
