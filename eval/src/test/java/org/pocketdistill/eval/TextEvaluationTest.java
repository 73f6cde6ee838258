package org.pocketdistill.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Example;
import org.pocketdistill.eval.metric.TextLength;
import org.pocketdistill.eval.result.Comparison;
import org.pocketdistill.eval.result.ModelRole;
import org.pocketdistill.eval.result.TaskResult;

/** Whole texts: perplexity per word and byte, whatever the tokens. */
class TextEvaluationTest {
  private static final List<Example> ROWS =
      List.of(Example.ofText("1", " to be or\n\nnot "), Example.ofText("2", "héé 好"));

  @TempDir private Path folder;

  /** Loses so many nats per text, in so many tokens. */
  private static final class Reader extends ScriptedLanguageModel {
    private final double nats;
    private final int tokens;
    final List<Integer> windows = new ArrayList<>();

    Reader(double nats, int tokens) {
      super(Map.of(), 10, 9);
      this.nats = nats;
      this.tokens = tokens;
    }

    @Override
    public List<LogLikelihood> rollingLogLikelihood(List<String> texts, int window) {
      windows.add(window);
      return texts.stream().map(text -> new LogLikelihood(-nats, tokens, false)).toList();
    }
  }

  private static ModelMeasurement measure(ModelRole role, LanguageModel model) {
    EvaluationTask task = EvaluationTask.of(Fixtures.textTask(32), "test", ROWS);
    return Fixtures.measure(role, role.name(), model, task);
  }

  /** {@code len(re.split(r"\s+", text))} and {@code len(text)} of Python 3.11. */
  @Test
  void lengthsAreThoseOfPython() {
    assertThat(TextLength.words(" to be or\n\nnot ")).isEqualTo(6);
    assertThat(TextLength.words("")).isEqualTo(1);
    assertThat(TextLength.words("   ")).isEqualTo(2);
    assertThat(TextLength.words("a\u00a0b\u3000c\u0085d\u001ce\u2028f\u200bg")).isEqualTo(6);
    assertThat(TextLength.characters("a😀é")).isEqualTo(3);
    assertThat(TextLength.bytes("héé 好")).isEqualTo(9);
  }

  @Test
  void perplexitiesAreOfTheWholeSet() {
    Reader model = new Reader(12, 7);
    TaskResult result = measure(ModelRole.TEACHER, model).tasks().get(0).result();

    // 24 nats; 6 + 2 words, 15 + 9 bytes
    assertThat(result.metrics().get("word_perplexity").value())
        .isCloseTo(Math.exp(3), within(1e-12));
    assertThat(result.metrics().get("byte_perplexity").value())
        .isCloseTo(Math.exp(1), within(1e-12));
    assertThat(result.metrics().get("bits_per_byte").value())
        .isCloseTo(1 / Math.log(2), within(1e-12));
    assertThat(model.windows).containsOnly(32);
    assertThat(result.breakdowns()).isEmpty();
  }

  @Test
  void modelsWithOtherTokensCompareAndFewerBitsAreBetter() {
    ModelMeasurement teacher = measure(ModelRole.TEACHER, new Reader(12, 7));
    ModelMeasurement student = measure(ModelRole.DISTILLED, new Reader(24, 90));

    List<Comparison> comparisons = new RetentionTable(Fixtures.BOOTSTRAP).compare(student, teacher);

    assertThat(comparisons)
        .extracting(Comparison::metric)
        .containsExactly("word_perplexity", "byte_perplexity", "bits_per_byte");
    assertThat(comparisons).allMatch(c -> c.test().equals("paired_bootstrap") && c.lost() == 2);
    assertThat(comparisons.get(0).retention().value().get()).isCloseTo(Math.exp(-3), within(1e-12));
    assertThat(comparisons.get(2).retention().value().get()).isCloseTo(0.5, within(1e-12));
    assertThat(comparisons).allMatch(c -> c.retention().chanceCorrected().isEmpty());
  }

  @Test
  void samplesAreThoseOfTheHarness() throws IOException {
    LmEvalFiles.write(folder, measure(ModelRole.TEACHER, new Reader(12, 7)), Fixtures.BOOTSTRAP);

    List<String> lines = Files.readAllLines(folder.resolve("samples_text_test.jsonl"));
    JsonNode sample = new ObjectMapper().readTree(lines.get(1));
    assertThat(sample.path("doc").toString())
        .isEqualTo("{\"id\":\"2\",\"text\":\"héé 好\",\"group\":\"\"}");
    assertThat(sample.path("target").textValue()).isEqualTo("héé 好");
    assertThat(sample.path("arguments").toString())
        .isEqualTo("{\"gen_args_0\":{\"arg_0\":\"héé 好\"}}");
    assertThat(sample.path("resps").toString()).isEqualTo("[[\"-12.0\"]]");
    assertThat(sample.path("filtered_resps").toString()).isEqualTo("[\"-12.0\"]");
    assertThat(sample.path("word_perplexity").toString()).isEqualTo("[-12.0,2.0]");
    assertThat(sample.path("bits_per_byte").toString()).isEqualTo("[-12.0,9.0]");
    JsonNode results = new ObjectMapper().readTree(folder.resolve(LmEvalFiles.RESULTS).toFile());
    assertThat(results.at("/configs/text_test/max_length").asInt()).isEqualTo(32);
    assertThat(results.at("/higher_is_better/text_test/bits_per_byte").asBoolean(true)).isFalse();
  }

  @Test
  void conversationsAreRefused() {
    assertThatThrownBy(
            () ->
                EvaluationTask.of(
                    Fixtures.textTask(8), "test", List.of(Fixtures.example("w", "q", "a", ""))))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("row w: expected plain text, as the shape text has it; found turns");
  }
}
