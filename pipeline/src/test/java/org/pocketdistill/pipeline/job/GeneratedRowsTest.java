package org.pocketdistill.pipeline.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.ExampleReader;
import org.pocketdistill.data.JsonlSource;
import org.pocketdistill.data.JsonlWriter;
import org.pocketdistill.data.Message;
import org.pocketdistill.data.Role;
import org.pocketdistill.eval.LanguageModel;
import org.pocketdistill.eval.LanguageModel.Generation;
import org.pocketdistill.pipeline.TinyModel;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.lm.LanguageModelFolder;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.train.StopSignal;
import org.pocketdistill.pipeline.train.TrainingException;

/**
 * Answers of a teacher as rows: which are kept, what stands in the file, what an end of it does.
 */
class GeneratedRowsTest {
  private static final String YAML =
      """
      name: answers
      seed: 11
      data: {train: [{path: train.jsonl, format: messages}], max_seq_len: 400}
      teacher: {path: teacher}
      student: {path: student}
      distill:
        generated: {}
        train: {learning_rate: 1e-3}
      """;

  @TempDir private Path folder;
  private Path stage;
  private PreparedData data;
  private final StopSignal stop = new StopSignal();

  @BeforeEach
  void layOut() throws IOException {
    stage = Files.createDirectories(folder.resolve("stage"));
    TinyModel.write(folder.resolve("teacher"));
    Path train = folder.resolve("train.jsonl");
    data =
        new PreparedData(
            folder.resolve("teacher"), train, train, train, Map.of(), Map.of(), "none");
  }

  private void train(Example... rows) {
    try (JsonlWriter writer = new JsonlWriter(data.train())) {
      List.of(rows).forEach(writer::write);
      writer.commit();
    }
  }

  private static Example row(String id, String question, String answer) {
    return Example.of(id, List.of(Message.user(question), Message.assistant(answer)), "en");
  }

  private static JobConfig job(String... overrides) {
    return ConfigReader.parse(YAML, Path.of("job.yaml"), JobConfig.class, List.of(overrides));
  }

  private GeneratedRows.Written write(LanguageModel model, String... overrides) throws IOException {
    return write(stage, model, overrides);
  }

  private GeneratedRows.Written write(Path target, LanguageModel model, String... overrides)
      throws IOException {
    JobConfig job = job(overrides);
    return new GeneratedRows(job, data, stop)
        .write(target, job.distill().generated().orElseThrow(), () -> model);
  }

  private static List<Example> read(Path file) {
    List<Example> rows = new ArrayList<>();
    try (ExampleReader reader = JsonlSource.prepared(file).open()) {
      reader.forEachRemaining(rows::add);
    }
    return rows;
  }

  private static JsonNode counts(GeneratedRows.Written written) {
    return written.counts().orElseThrow();
  }

  @Test
  void withoutTheKeyTheRowsAreThoseOfTheDataStage() throws IOException {
    JobConfig job = job("distill={train: {learning_rate: 1e-3}}");

    assertThat(new GeneratedRows(job, data, stop).write(stage, folder.resolve("teacher")).data())
        .isEqualTo(data);
    assertThat(stage).isEmptyDirectory();
  }

  @Test
  void theLastAnswerIsReplacedWhereItPasses() throws IOException {
    Example talk =
        new Example(
            "talk",
            List.of(
                new Message(Role.SYSTEM, "be short"),
                Message.user("one"),
                Message.assistant("1"),
                Message.user("two"),
                Message.assistant("so 2")),
            "",
            "en");
    train(
        talk,
        row("wrong", "three", "3"),
        row("endless", "four", "4"),
        Example.ofText("text", "five"),
        row("long", "six", "6"),
        row("turn", "seven", "7"));
    ScriptedAnswers model =
        new ScriptedAnswers()
            .with("two", "2.0 it is")
            .with("three", "4")
            .endless("four", "4")
            .with("six", "6 ".repeat(300))
            .with("seven", "<|im_start|> 7");

    GeneratedRows.Written written = write(model, "distill.generated.check=number");

    assertThat(read(written.data().train()))
        .singleElement()
        .satisfies(
            row -> {
              assertThat(row.id()).isEqualTo("talk");
              assertThat(row.group()).isEqualTo("en");
              assertThat(row.messages().subList(0, 4)).isEqualTo(talk.messages().subList(0, 4));
              assertThat(row.messages().get(4)).isEqualTo(Message.assistant("2.0 it is"));
            });
    assertThat(counts(written).toString())
        .isEqualTo(
            "{\"asked\":5,\"kept\":1,\"refused\":1,\"budget_used_up\":1,\"unfit\":2,\"not_asked\":1}");
    assertThat(written.data().train()).isEqualTo(stage.resolve("generated.jsonl"));
    assertThat(written.data().dev()).isEqualTo(data.dev());
    assertThat(model.closed).isTrue();
  }

  @Test
  void theyStandBesideTheTrainingRowsWhenAdded() throws IOException {
    train(row("a", "one", "1"), row("b", "two", "2"), Example.ofText("c", "three"));
    ScriptedAnswers model = new ScriptedAnswers().with("one", "I").endless("two", "II");

    GeneratedRows.Written written = write(model, "distill.generated.keep=add");

    assertThat(read(written.data().train()))
        .containsExactly(
            row("a", "one", "1"),
            row("a-generated", "one", "I"),
            row("b", "two", "2"),
            Example.ofText("c", "three"));
  }

  @Test
  void asksSoManyRowsAtMost() throws IOException {
    train(row("a", "one", "1"), row("b", "two", "2"), row("c", "three", "3"));
    ScriptedAnswers model =
        new ScriptedAnswers().with("one", "I").with("two", "II").with("three", "III");

    GeneratedRows.Written written = write(model, "distill.generated.rows=2");

    assertThat(read(written.data().train())).hasSize(2);
    assertThat(counts(written).path("not_asked").asInt()).isEqualTo(1);
  }

  @Test
  void saysWhatWasWrongWhenNothingIsKept() {
    train(row("a", "one", "#### 1"), row("b", "two", "#### 2"));
    ScriptedAnswers model = new ScriptedAnswers().with("one", "eleven").endless("two", "2");

    assertThatThrownBy(() -> write(model, "distill.generated.check=number"))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(
            "of 2 answers of the teacher none can be learned",
            "check 'number' refused 1, 1 did not end within max_new_tokens 128, 0 do not fit",
            "row a: the answer 'eleven' is refused, expected one like '#### 1'");
  }

  @Test
  void aKilledRunGoesOnWithTheSameBits() throws IOException {
    Example[] rows = new Example[30];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = row("row" + i, "call me at seven".substring(i % 9), "no");
    }
    train(rows);
    String[] drawn = {
      "distill.generated.temperature=6",
      "distill.generated.top_k=200",
      "distill.generated.repetition_penalty=1.2",
      "distill.generated.max_new_tokens=100",
      "distill.generated.batch_size=2"
    };
    Path whole = Files.createDirectories(folder.resolve("whole"));
    GeneratedRows.Written uninterrupted = write(whole, tiny(Integer.MAX_VALUE), drawn);

    assertThatThrownBy(() -> write(tiny(2), drawn)).hasMessage("killed");
    assertThat(stage.resolve("generated.jsonl")).doesNotExist();
    Files.writeString(
        stage.resolve("generated-progress.jsonl"),
        "{\"asked\":8,\"kept\":[{\"row\":1",
        StandardOpenOption.APPEND);
    stop.request();
    assertThatThrownBy(() -> write(tiny(9), drawn))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("stopped after 16 of 30");
    Path again = Files.createDirectories(folder.resolve("again"));
    Files.copy(
        stage.resolve("generated-progress.jsonl"), again.resolve("generated-progress.jsonl"));
    GeneratedRows.Written resumed =
        new GeneratedRows(job(drawn), data, new StopSignal())
            .write(again, job(drawn).distill().generated().orElseThrow(), () -> tiny(2));

    assertThat(counts(uninterrupted).path("kept").asInt()).isGreaterThan(2);
    assertThat(resumed.counts()).isEqualTo(uninterrupted.counts());
    assertThat(resumed.data().train()).hasSameBinaryContentAs(uninterrupted.data().train());
    assertThat(read(resumed.data().train())).extracting(Example::messages).doesNotHaveDuplicates();
  }

  /** The model of the folder, until it was asked so often. */
  private LanguageModel tiny(int calls) throws IOException {
    return new Mortal(
        new LanguageModelFolder(folder.resolve("teacher")).open(ComputeDtype.FP32, 2), calls);
  }

  /** A model of which nothing more is heard after some calls. */
  private static final class Mortal implements LanguageModel {
    private final LanguageModel model;
    private int left;

    Mortal(LanguageModel model, int calls) {
      this.model = model;
      this.left = calls;
    }

    @Override
    public String applyChatTemplate(List<Message> messages) {
      return model.applyChatTemplate(messages);
    }

    @Override
    public List<LogLikelihood> logLikelihood(List<LogLikelihoodRequest> requests) {
      return model.logLikelihood(requests);
    }

    @Override
    public List<LogLikelihood> rollingLogLikelihood(List<String> texts, int window) {
      return model.rollingLogLikelihood(texts, window);
    }

    @Override
    public List<Generation> generateUntil(List<String> prompts, GenerationOptions options) {
      if (left-- == 0) {
        throw new IllegalStateException("killed");
      }
      return model.generateUntil(prompts, options);
    }

    @Override
    public void close() {
      model.close();
    }
  }

  /** Answers by the last turn of the prompt. */
  private static final class ScriptedAnswers implements LanguageModel {
    private final Map<String, Generation> answers = new java.util.HashMap<>();
    private boolean closed;

    ScriptedAnswers with(String question, String answer) {
      answers.put(question, new Generation(answer, 3, true));
      return this;
    }

    ScriptedAnswers endless(String question, String answer) {
      answers.put(question, new Generation(answer, 128, false));
      return this;
    }

    @Override
    public String applyChatTemplate(List<Message> messages) {
      return messages.get(messages.size() - 1).content();
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
      return prompts.stream().map(answers::get).toList();
    }

    @Override
    public void close() {
      closed = true;
    }
  }
}
