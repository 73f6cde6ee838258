package org.pocketdistill.pipeline.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Message;
import org.pocketdistill.pipeline.TinyModel;
import org.pocketdistill.pipeline.config.GivenModels;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.config.JobFile;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.distill.StepCost;
import org.pocketdistill.pipeline.hub.FakeHub;
import org.pocketdistill.pipeline.plan.JobPlan.Memory;
import org.pocketdistill.pipeline.plan.TimePlan.StageTime;
import org.pocketdistill.tokenize.ChatMl;
import org.pocketdistill.tokenize.EncodedSegments;
import org.pocketdistill.tokenize.HfTokenizer;

/** Plans of a job against what its run took; see measured.yaml. */
class JobPlanTest {
  private static final Path MEASURED = Path.of("src", "test", "resources", "plan", "measured.yaml");

  /** Of that run: a step of its teacher and of its student, in seconds. */
  private static final StepCost TEACHER = new StepCost(34e-6, 61e-6, 18e-6, 7e-3);

  private static final StepCost STUDENT = new StepCost(15e-6, 24e-6, 12e-6, 3.5e-3);

  @TempDir private Path folder;

  private static JobFile job(String... overrides) {
    return JobFile.read(MEASURED, List.of(overrides));
  }

  private static JobPlan plan(JobFile file) throws IOException {
    return JobPlan.of(file, given(file));
  }

  private static DataPlan data(JobFile file) throws IOException {
    return DataPlan.of(file, given(file));
  }

  private static GivenModels given(JobFile file) throws IOException {
    return GivenModels.required(file.config(), FakeHub.nobody());
  }

  @Test
  void foretellsTheMemoryOfARun() throws IOException {
    JobPlan plan = plan(job());

    assertThat(plan.teacher().parameters()).isEqualTo(1_568_416);
    assertThat(plan.student().parameters()).isEqualTo(316_096);
    assertThat(plan.memory())
        .extracting(Memory::name)
        .containsExactly("teacher", "distill", "lora phone", "evaluate");
    assertThat(megabytes(plan, 0)).isCloseTo(609, withinPercentage(10));
    assertThat(megabytes(plan, 3)).isCloseTo(737, withinPercentage(10));
    assertThat(megabytes(plan, 2)).isLessThan(megabytes(plan, 0));
  }

  private static double megabytes(JobPlan plan, int stage) {
    return plan.memory().get(stage).bytes() / 1e6;
  }

  @Test
  void foretellsTheDiskOfARun() throws IOException {
    JobPlan plan = plan(job());

    assertThat(plan.disk().left() / 1e6).isCloseTo(24.2, withinPercentage(15));
    assertThat(plan.disk().peak() - plan.disk().left())
        .as("two checkpoints of weights and two moments")
        .isEqualTo(2 * 12 * 1_568_416L);
    assertThat(plan.student().int8PackageBytes(256) / 1e6).isCloseTo(0.529, withinPercentage(10));
  }

  @Test
  void foretellsAnInt4PackageWhereOneIsExported() throws IOException {
    JobPlan plan = plan(job());
    JobPlan with = plan(job("export.precisions=[fp32, int8, int4]"));
    Int4Budget budget = new Int4Budget(with.student(), Int4Config.DEFAULT);

    assertThat(plan.lines()).noneMatch(line -> line.contains("int4"));
    assertThat(with.lines()).filteredOn(line -> line.contains("int4")).hasSize(2);
    assertThat(with.disk().left() - plan.disk().left())
        .as("a package and the samples of one more model")
        .isBetween(budget.packageBytes(256), budget.packageBytes(256) + 1_000_000);
  }

  @Test
  void countsTheRecoveryOfAnInt4Package() throws IOException {
    JobFile without = job("export.precisions=[int4]");
    JobFile with =
        job(
            "export.precisions=[int4]",
            "export.int4.recover={train: {max_steps: 100, learning_rate: 1e-4}}");

    TimePlan time = TimePlan.of(with.config(), plan(with), TEACHER, STUDENT);
    assertThat(time.stages()).extracting(StageTime::name).contains("recover");
    assertThat(time.seconds())
        .isGreaterThan(TimePlan.of(without.config(), plan(without), TEACHER, STUDENT).seconds());
    assertThat(plan(with).disk().left() - plan(without).disk().left())
        .as("the weights before they are rounded")
        .isEqualTo(plan(with).student().fp32Bytes());
  }

  @Test
  void countsTheRowsOfTheGenerator() throws IOException {
    DataPlan data = data(job("data.generator.train_rows=2000"));

    assertThat(data.train().rows()).isEqualTo(2000);
    assertThat(data.sets().keySet()).containsExactlyInAnyOrder("test", "hard");
    assertThat(data.sets().get("test").rows()).isEqualTo(300);
    // The run counted 38.97 tokens a row, 17.68 of them learned.
    assertThat(data.train().tokensPerRow()).isCloseTo(38.97, withinPercentage(15));
    assertThat(data.train().learned() / 2000).isCloseTo(17.68, withinPercentage(30));
    assertThat(data.adapters().get("phone")).as("trains on the job's rows").isEqualTo(data.train());
  }

  @Test
  void countsTheRowsOfFilesAsTheJobReadsThem() throws IOException {
    String[] overrides = files();
    DataPlan data = data(job(overrides));

    assertThat(data.train().rows()).isEqualTo(10);
    assertThat(data.sets().get("mine").rows()).as("limit").isEqualTo(4);
    assertThat(data.dev()).isEqualTo(DataSize.NONE);
    assertThat(data.rows()).isEqualTo(14);

    Files.writeString(folder.resolve("rows.jsonl"), "{\n");
    assertThatThrownBy(() -> data(job(overrides)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("rows.jsonl:1: not JSON");
  }

  private String[] files() throws IOException {
    Path rows = folder.resolve("rows.jsonl");
    Files.writeString(
        rows, "{\"prompt\": \"wake me at seven\", \"completion\": \"ok\"}\n".repeat(10));
    String source = "{path: " + rows + ", format: prompt_completion%s}";
    return new String[] {
      "data={max_seq_len: 64, train: ["
          + source.formatted("")
          + "], test: {mine: ["
          + source.formatted(", limit: 4")
          + "]}}",
      "evaluate={tasks: [{task: function_call, set: mine}]}"
    };
  }

  @Test
  void countsWithTheTokenizerOfAFinishedTeacher() throws IOException {
    Path teacher = TinyModel.write(folder.resolve("teacher"));
    List<String> overrides = new ArrayList<>(List.of(files()));
    overrides.add("teacher={path: " + teacher + "}");
    JobFile file = job(overrides.toArray(String[]::new));

    DataPlan data = data(file);

    try (HfTokenizer tokenizer = HfTokenizer.load(teacher)) {
      EncodedSegments row =
          EncodedSegments.encode(
              tokenizer,
              new ChatMl()
                  .render(
                      List.of(Message.user("wake me at seven"), Message.assistant("ok")), false));
      assertThat(data.train().tokensPerRow()).isEqualTo(row.ids().length);
      assertThat(data.train().learned()).isEqualTo(10 * row.learned().cardinality());
    }
    assertThat(plan(file).memory()).extracting(Memory::name).doesNotContain("teacher");
    assertThat(TimePlan.of(file.config(), plan(file), TEACHER, STUDENT).stages())
        .extracting(StageTime::name)
        .doesNotContain("teacher");
  }

  @Test
  void foretellsTheTimeOfARun() throws IOException {
    JobFile file = job();

    TimePlan time = TimePlan.of(file.config(), plan(file), TEACHER, STUDENT);

    assertThat(time.stages())
        .extracting(StageTime::name)
        .containsExactly(
            "data", "teacher", "distill", "control", "lora phone", "export", "evaluate");
    double[] taken = {5.5, 231, 101, 56, 24, 1.7, 29};
    for (int i = 1; i < taken.length; i++) {
      if (i != 5) { // some seconds of work whatever the job
        assertThat(time.stages().get(i).seconds())
            .as(time.stages().get(i).name())
            .isCloseTo(taken[i], withinPercentage(50));
      }
    }
    assertThat(time.seconds()).isCloseTo(448, withinPercentage(33));
  }

  @Test
  void aCacheTakesDiskAndTheTeachersTimeOfAllEpochsButOne() throws IOException {
    String epochs = "distill.train.num_train_epochs=";
    JobFile without = job(epochs + 4);
    JobFile with = job(epochs + 4, "distill.cache.top_k=8");
    JobPlan plan = plan(with);

    // 8 ids of 11 bits (2,048 token ids), 8 halves and a float
    assertThat(plan.student().config().vocabSize()).isBetween(1025, 2048);
    long bytes = 11 + 16 + 4;
    assertThat((double) plan.disk().cache())
        .isCloseTo(bytes * plan.data().train().learned(), within(1.0));
    assertThat(plan.disk().left() - plan(without).disk().left()).isEqualTo(plan.disk().cache());
    assertThat(plan(without).disk().cache()).isZero();
    assertThat(plan.lines()).anyMatch(line -> line.contains("teacher cache"));
    assertThat(plan(without).lines()).noneMatch(line -> line.contains("teacher cache"));

    double saved = distilling(without) - distilling(with);
    double oneEpoch = distilling(job(epochs + 1)) - student(epochs + 1);
    assertThat(saved).isCloseTo(3 * oneEpoch, withinPercentage(10));
    assertThat(distilling(job(epochs + 1, "distill.cache.top_k=8")))
        .as("the first epoch asks the teacher")
        .isCloseTo(distilling(job(epochs + 1)), withinPercentage(3));
  }

  /** A teacher that costs nothing. */
  private static double student(String... overrides) throws IOException {
    return distilling(job(overrides), new StepCost(0, 0, 0, 0));
  }

  private static double distilling(JobFile file) throws IOException {
    return distilling(file, TEACHER);
  }

  private static double distilling(JobFile file, StepCost teacher) throws IOException {
    return TimePlan.of(file.config(), plan(file), teacher, STUDENT).stages().stream()
        .filter(stage -> stage.name().equals("distill"))
        .mapToDouble(StageTime::seconds)
        .sum();
  }

  @Test
  void countsStepsAndTokensOfATraining() {
    TrainConfig train =
        job("teacher.train.num_train_epochs=2", "teacher.train.batch_size=4")
            .config()
            .teacher()
            .train()
            .orElseThrow();
    DataSize rows = new DataSize(1000, 40_000, 16_000);

    TrainingPlan plan =
        TrainingPlan.of(train, job().config().data(), rows, new DataSize(10, 400, 160));

    // 40,000 tokens fill 83 micro-batches of 4 rows of 128 tokens to 95 %
    assertThat(plan.steps()).isEqualTo(166);
    assertThat(plan.tokens()).isEqualTo(512);
    assertThat(plan.learned()).isCloseTo(512 * 0.95 * 0.4, within(1e-9));
    StepCost cost = new StepCost(1, 2, 10, 100);
    double step = 512 * 3 + plan.learned() * 10 + 100;
    assertThat(plan.seconds(cost)).isCloseTo(166 * step, within(1e-6));
    assertThat(plan.tokensPerSecond(cost)).isCloseTo(512 / step, within(1e-9));
  }

  @Test
  void takesTheStepsThatAreGiven() {
    TrainConfig train =
        job(
                "teacher.train.num_train_epochs=1",
                "teacher.train.max_steps=50",
                "teacher.train.gradient_accumulation_steps=3")
            .config()
            .teacher()
            .train()
            .orElseThrow();

    TrainingPlan plan =
        TrainingPlan.of(train, job().config().data(), new DataSize(9, 900, 90), DataSize.NONE);

    assertThat(plan.steps()).isEqualTo(50);
    assertThat(plan.tokens()).isEqualTo(3 * 8 * 128);
    assertThat(plan.devSeconds(TEACHER)).isZero();
  }
}
