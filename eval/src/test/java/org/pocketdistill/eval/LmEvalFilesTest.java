package org.pocketdistill.eval;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.eval.result.ModelRole;

class LmEvalFilesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ModelMeasurement MEASURED =
      Fixtures.measure(
          ModelRole.TEACHER,
          "teacher",
          Fixtures.rightOnFirst(2),
          EvaluationTask.of(Fixtures.callTask(), "test", Fixtures.timers(3)));

  @TempDir Path folder;

  @Test
  void samplesHaveTheFieldsOfTheHarness() throws IOException {
    LmEvalFiles.write(folder, MEASURED, Fixtures.BOOTSTRAP);

    List<String> lines = Files.readAllLines(folder.resolve("samples_function_call_test.jsonl"));
    assertThat(lines).hasSize(3);
    JsonNode sample = JSON.readTree(lines.get(2));
    assertThat(sample.path("doc_id").asInt()).isEqualTo(2);
    assertThat(sample.at("/doc/messages/0/content").asText()).isEqualTo("qqq");
    assertThat(sample.path("target").asText()).isEqualTo(Fixtures.timer(3));
    assertThat(sample.at("/arguments/gen_args_0/arg_0").asText()).isEqualTo("<user>qqq<assistant>");
    assertThat(sample.at("/arguments/gen_args_0/arg_1/max_gen_toks").asInt()).isEqualTo(64);
    assertThat(sample.at("/resps/0/0").asText()).isEqualTo("?");
    assertThat(sample.at("/filtered_resps/0").asText()).isEqualTo("?");
    assertThat(sample.path("filter").asText()).isEqualTo("none");
    assertThat(sample.path("exact_match").asDouble()).isZero();
    assertThat(sample.path("slot_f1")).hasSize(2);
    assertThat(sample.path("doc_hash").asText()).hasSize(64);
    assertThat(sample.path("finished").asBoolean()).isTrue();
  }

  @Test
  void resultsHaveTheFieldsOfTheHarness() throws IOException {
    LmEvalFiles.write(folder, MEASURED, Fixtures.BOOTSTRAP);

    JsonNode results = JSON.readTree(folder.resolve(LmEvalFiles.RESULTS).toFile());
    JsonNode task = results.at("/results/function_call_test");
    assertThat(task.path("exact_match,none").asDouble()).isEqualTo(2 / 3.0);
    assertThat(task.path("exact_match_stderr,none").asDouble()).isPositive();
    assertThat(results.at("/versions/function_call_test").asInt()).isEqualTo(1);
    assertThat(results.at("/n-samples/function_call_test/effective").asInt()).isEqualTo(3);
    assertThat(results.at("/higher_is_better/function_call_test/perplexity").asBoolean(true))
        .isFalse();
    assertThat(results.at("/task_hashes/function_call_test").asText()).hasSize(64);
  }

  @Test
  void theSameMeasurementGivesTheSameBytes() throws IOException {
    LmEvalFiles.write(folder.resolve("a"), MEASURED, Fixtures.BOOTSTRAP);
    LmEvalFiles.write(folder.resolve("b"), MEASURED, Fixtures.BOOTSTRAP);

    for (String name : List.of(LmEvalFiles.RESULTS, "samples_function_call_test.jsonl")) {
      assertThat(folder.resolve("a").resolve(name))
          .hasSameBinaryContentAs(folder.resolve("b").resolve(name));
    }
    assertThat(folder.resolve("a").toFile().list()).as("nothing temporary is left").hasSize(2);
  }

  /** Computed with Python 3.11: {@code sha256(json.dumps(doc, indent=2, ensure_ascii=False))}. */
  @Test
  void documentsHashAsInPython() throws IOException {
    ObjectNode doc = (ObjectNode) JSON.readTree("{\"id\":\"a-1\"}");
    doc.putArray("messages")
        .addObject()
        .put("role", "user")
        .put("content", "Öffne \"x\"\\ \t\n\u001b\u007f /</ 你好 😀\u2028");
    doc.withArray("messages").addObject().put("role", "assistant").put("content", "");
    doc.put("group", "").putArray("empty");
    doc.putObject("none");

    assertThat(PythonJson.sha256(PythonJson.indented(doc)))
        .isEqualTo("c2649c64e9e4f4f1428a29e9209c12906217139bb058debdfcf7fa43dcb86bec");
  }
}
