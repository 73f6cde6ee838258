package org.pocketdistill.pipeline.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.Message;
import org.pocketdistill.eval.EvaluationTask;
import org.pocketdistill.eval.Evaluator;
import org.pocketdistill.eval.LanguageModel;
import org.pocketdistill.eval.LmEvalFiles;
import org.pocketdistill.eval.ModelMeasurement;
import org.pocketdistill.eval.OutputType;
import org.pocketdistill.eval.RetentionTable;
import org.pocketdistill.eval.TaskConfig;
import org.pocketdistill.eval.metric.Metric;
import org.pocketdistill.eval.result.ModelInfo;
import org.pocketdistill.eval.result.ModelRole;
import org.pocketdistill.eval.result.ResultsFile;
import org.pocketdistill.eval.statistics.Bootstrap;

/** What a report says of models that think. */
class ReasoningReportTest {
  private static final Bootstrap BOOTSTRAP = new Bootstrap(50, 1);

  @TempDir private Path folder;

  /** Thinks about every question, about the first ones for too long. */
  private record Thinker(int tooLong) implements LanguageModel {
    @Override
    public String applyChatTemplate(List<Message> messages) {
      return messages.get(0).content();
    }

    @Override
    public List<LogLikelihood> logLikelihood(List<LogLikelihoodRequest> requests) {
      throw new UnsupportedOperationException("only answers");
    }

    @Override
    public List<LogLikelihood> rollingLogLikelihood(List<String> texts, int window) {
      throw new UnsupportedOperationException("only answers");
    }

    @Override
    public List<Generation> generateUntil(List<String> prompts, GenerationOptions options) {
      return prompts.stream().map(this::answer).toList();
    }

    private Generation answer(String prompt) {
      return Integer.parseInt(prompt) < tooLong
          ? new Generation("", 64, false, new Trace("on", 64, false, false))
          : new Generation(prompt, 20, true, new Trace("so", 16, true, true));
    }

    @Override
    public void close() {}
  }

  @BeforeEach
  void evaluate() throws IOException {
    new SyntheticRun(folder).config("{}");
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      String text = Integer.toString(i);
      examples.add(Example.of(text, List.of(Message.user(text), Message.assistant(text)), ""));
    }
    TaskConfig config =
        new TaskConfig(
            "echo",
            1,
            "",
            OutputType.GENERATE_UNTIL,
            64,
            Optional.of(48),
            List.of(),
            Optional.empty(),
            " ",
            Optional.empty(),
            List.of(Metric.EXACT_MATCH),
            0);
    EvaluationTask task = EvaluationTask.of(config, "test", examples);
    List<ModelMeasurement> models =
        List.of(
            measure(ModelRole.TEACHER, "teacher", new Thinker(0), task),
            measure(ModelRole.EXPORTED, "onnx-int8", new Thinker(3), task));
    ResultsFile.write(
        folder.resolve("08-evaluate/results.json"), new RetentionTable(BOOTSTRAP).of(models));
  }

  private ModelMeasurement measure(
      ModelRole role, String name, LanguageModel model, EvaluationTask task) throws IOException {
    ModelInfo info = new ModelInfo(role, name, name, 10, 10, "test", "fp32");
    ModelMeasurement measured = new Evaluator(4, BOOTSTRAP).evaluate(info, model, List.of(task));
    LmEvalFiles.write(folder.resolve("08-evaluate").resolve(name), measured, BOOTSTRAP);
    return measured;
  }

  @Test
  void saysHowManyTracesWereCutOff() throws IOException {
    ReportWriter.Written written = ReportWriter.write(folder);

    assertThat(written.headline())
        .contains(
            "Answers that count as wrong because the token limit came within the trace: 3 of 8 of"
                + " onnx-int8 on test.");
    String markdown = Files.readString(folder.resolve("report.md"));
    assertThat(markdown)
        .contains("Reasoning")
        .contains("| teacher | 8 | 8 | 16.0 | 8 | 0 |")
        .contains("| onnx-int8 | 8 | 8 | 34.0 | 5 | 3 |")
        .contains("(no answer: the trace was cut off at the token limit)");
    assertThat(Files.readString(folder.resolve("report.html")))
        .contains("id=\"reasoning\"")
        .contains("closed by the budget");
    assertThat(
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(
                    Files.readString(Path.of("..", "configs", "schema", "report.schema.json")))
                .validate(Files.readString(folder.resolve("report.json")), InputFormat.JSON))
        .isEmpty();
  }
}
