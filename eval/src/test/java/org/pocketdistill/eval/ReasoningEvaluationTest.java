package org.pocketdistill.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pocketdistill.eval.Fixtures.example;
import static org.pocketdistill.eval.Fixtures.timer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.Message;
import org.pocketdistill.eval.metric.Metric;
import org.pocketdistill.eval.result.ModelRole;
import org.pocketdistill.eval.result.ReasoningUse;
import org.pocketdistill.eval.result.TaskResult;

/** Answers that come after a trace, or not at all. */
class ReasoningEvaluationTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<Example> ITEMS =
      List.of(
          example("right", "a", timer(1), ""),
          example("cut", "b", "No.", ""),
          example("ended", "c", timer(3), ""),
          example("forced", "d", "Yes.", ""));

  @TempDir private Path folder;

  /** Thinks, each time in another way. */
  private static final class Thinker extends ScriptedLanguageModel {
    private OptionalInt budget = OptionalInt.empty();

    Thinker() {
      super(Map.of(), 10, 64);
    }

    @Override
    public List<Generation> generateUntil(List<String> prompts, GenerationOptions options) {
      budget = options.reasoningBudget();
      return prompts.stream().map(prompt -> answer(prompt.charAt("<user>".length()))).toList();
    }

    private static Generation answer(char question) {
      return switch (question) {
        case 'a' -> new Generation(timer(1), 30, true, new Trace("one", 10, true, false));
        case 'b' -> new Generation("", 64, false, new Trace("on and on", 64, false, false));
        case 'c' -> new Generation("", 9, true, new Trace("hm", 9, false, false));
        default -> new Generation("Yes.", 21, true, new Trace("yes", 17, true, true));
      };
    }
  }

  private static TaskMeasurement measure(TaskConfig config, LanguageModel model) {
    return Fixtures.measure(
            ModelRole.TEACHER, "teacher", model, EvaluationTask.of(config, "test", ITEMS))
        .tasks()
        .get(0);
  }

  @Test
  void aTraceThatWasNotClosedIsWrongAndCounted() {
    TaskResult result = measure(Fixtures.callTask(), new Thinker()).result();

    assertThat(result.reasoning()).isEqualTo(new ReasoningUse(4, 25, 1, 1));
    assertThat(result.truncated()).isEqualTo(1);
    assertThat(result.metrics().get("exact_match").value()).isEqualTo(0.5);
    assertThat(result.metrics().get("function_accuracy").value())
        .as("no call is no right answer where none was given")
        .isEqualTo(0.5);
    assertThat(result.unparseable()).isEqualTo(0.5);
  }

  @Test
  void modelsWithoutTracesHaveNone() {
    TaskResult result =
        measure(Fixtures.task(Metric.EXACT_MATCH), Fixtures.rightOnFirst(2)).result();

    assertThat(result.reasoning()).isEqualTo(ReasoningUse.NONE);
  }

  @Test
  void theTasksBudgetReachesTheModel() {
    Thinker model = new Thinker();
    measure(Fixtures.task(Metric.EXACT_MATCH), model);
    assertThat(model.budget).isEmpty();

    measure(Fixtures.task(Metric.EXACT_MATCH).withReasoningBudget(Optional.of(7)), model);
    assertThat(model.budget).hasValue(7);
  }

  @Test
  void perplexityIsOfTheAnswerAfterTheReferencesTrace() {
    Example traced =
        Example.of(
            "t", List.of(Message.user("q"), Message.assistant("42").withReasoning("6 * 7")), "");
    ScriptedLanguageModel model = new ScriptedLanguageModel(Map.of("q", "42"), 10, 64);
    EvaluationTask task =
        EvaluationTask.of(
            Fixtures.task(Metric.EXACT_MATCH, Metric.PERPLEXITY), "test", List.of(traced));

    TaskMeasurement measured =
        Fixtures.measure(ModelRole.TEACHER, "teacher", model, task).tasks().get(0);

    assertThat(measured.samples().get(0).written().orElseThrow().call().exact()).isTrue();
    assertThat(model.scored)
        .containsExactly(
            new LanguageModel.LogLikelihoodRequest(
                "<user>q<assistant><think>\n6 * 7\n</think>\n\n", "42$"));
  }

  @Test
  void itemsAreTheSameWithAndWithoutTheirTraces() {
    Item bare = Item.of(0, example("x", "q", "42", ""));
    Item traced =
        Item.of(
            0,
            Example.of(
                "x", List.of(Message.user("q"), Message.assistant("42").withReasoning("t")), ""));

    assertThat(traced.docHash()).isEqualTo(bare.docHash());
    assertThat(traced.target()).isEqualTo("42");
    assertThat(traced.referenceTrace()).isEqualTo("t");
  }

  @Test
  void samplesTellTracesAndAnswersApart() throws IOException {
    TaskConfig config = Fixtures.task(Metric.EXACT_MATCH).withReasoningBudget(Optional.of(7));
    ModelMeasurement measured =
        Fixtures.measure(
            ModelRole.TEACHER, "teacher", new Thinker(), EvaluationTask.of(config, "test", ITEMS));
    LmEvalFiles.write(folder, measured, Fixtures.BOOTSTRAP);

    List<String> lines = Files.readAllLines(folder.resolve("samples_function_call_test.jsonl"));
    JsonNode right = JSON.readTree(lines.get(0));
    assertThat(right.at("/resps/0/0").asText()).isEqualTo(timer(1));
    assertThat(right.path("reasoning").asText()).isEqualTo("one");
    assertThat(right.path("reasoning_tokens").asInt()).isEqualTo(10);
    assertThat(right.path("truncated_reasoning").asBoolean(true)).isFalse();
    assertThat(right.at("/arguments/gen_args_0/arg_1/reasoning_budget").asInt()).isEqualTo(7);
    JsonNode cut = JSON.readTree(lines.get(1));
    assertThat(cut.at("/filtered_resps/0").asText("?")).isEmpty();
    assertThat(cut.path("truncated_reasoning").asBoolean()).isTrue();
    assertThat(cut.path("exact_match").asDouble(1)).isZero();
    assertThat(JSON.readTree(lines.get(3)).path("closed_by_budget").asBoolean()).isTrue();
    JsonNode results = JSON.readTree(folder.resolve(LmEvalFiles.RESULTS).toFile());
    assertThat(results.at("/results/function_call_test/truncated_reasoning").asInt()).isEqualTo(1);
  }
}
