package org.pocketdistill.pipeline.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.pocketdistill.pipeline.config.AdapterConfig;
import org.pocketdistill.pipeline.config.AdapterOptions;
import org.pocketdistill.pipeline.config.AdapterOptions.Quantization;
import org.pocketdistill.pipeline.config.EvaluateConfig.TaskRun;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.distill.StepCost;

/**
 * How long the stages of a job take, from what a training step costs on this machine and from how
 * much data there is. Against two runs of the jobs in configs/ the sum was right to a third; a
 * machine that does other work meanwhile is another matter.
 *
 * @param stages in order
 */
public record TimePlan(List<StageTime> stages) {
  /** Reading, comparing and writing a row, and training a tokenizer on it: 0.3 to 0.5 ms. */
  private static final double SECONDS_PER_ROW = 4e-4;

  /** Loading, choosing a precision, saving. */
  private static final double SECONDS_PER_TRAINING = 3;

  private static final double SECONDS_PER_PACKAGE = 1.5;

  /** Distillation needs the student's loss twice over, and the teacher's logits. */
  private static final double DISTILLATION_LOSS = 2;

  /** Adapters' small products beside those of the layer; more with dropout. */
  private static final double ADAPTER = 1.3;

  private static final double ADAPTER_WITH_DROPOUT = 1.6;

  /**
   * Answering and scoring an item, in forward passes over its tokens: the answer is decoded token
   * by token. It was 6 to 9 in two runs.
   */
  private static final double FORWARD_PASSES_PER_ITEM = 7;

  public TimePlan {
    stages = List.copyOf(stages);
  }

  /**
   * A stage.
   *
   * @param note steps and speed of a training
   */
  public record StageTime(String name, double seconds, String note) {}

  /**
   * The times of a job.
   *
   * @param teacher cost of the teacher's steps, or of a model of its shape
   * @param student cost of the student's steps
   */
  public static TimePlan of(JobConfig job, JobPlan plan, StepCost teacher, StepCost student) {
    return new Estimate(job, plan.data(), teacher, student).all();
  }

  /** Seconds of all stages. */
  public double seconds() {
    return stages.stream().mapToDouble(StageTime::seconds).sum();
  }

  /** The plan as lines of text. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add("time on this machine, about");
    for (StageTime stage : stages) {
      lines.add(row(stage.name(), duration(stage.seconds()), stage.note()));
    }
    lines.add(row("all", duration(seconds()), "(give or take a third, if nothing else runs)"));
    return lines;
  }

  private static String row(String name, String value, String note) {
    return String.format(Locale.ROOT, "  %-16s %11s  %s", name, value, note).stripTrailing();
  }

  private static String duration(double seconds) {
    if (seconds < 100) {
      return Math.round(seconds) + " s";
    }
    return seconds < 6000
        ? Math.round(seconds / 60) + " min"
        : String.format(Locale.ROOT, "%.1f h", seconds / 3600);
  }

  private record Estimate(JobConfig job, DataPlan data, StepCost teacher, StepCost student) {
    TimePlan all() {
      List<StageTime> stages = new ArrayList<>();
      stages.add(new StageTime("data", 1 + SECONDS_PER_ROW * data.rows(), ""));
      job.teacher()
          .train()
          .ifPresent(train -> stages.add(training("teacher", train, teacher, data.train())));
      job.teacher()
          .lora()
          .ifPresent(own -> stages.add(adapter("teacher", own, teacher, data.teacher())));
      TrainConfig distill = job.distill().train();
      stages.add(training("distill", distill, distillation(), data.train()));
      if (job.distill().control()) {
        stages.add(training("control", distill, student, data.train()));
      }
      for (AdapterConfig adapter : job.lora()) {
        DataSize rows = data.adapters().get(adapter.name());
        stages.add(adapter("lora " + adapter.name(), adapter.options(), student, rows));
      }
      job.export()
          .int4()
          .recover()
          .ifPresent(
              recover ->
                  stages.add(training("recover", recover.train(), recovery(), data.train())));
      int packages = job.export().onnx().size();
      stages.add(new StageTime("export", 1 + SECONDS_PER_PACKAGE * packages, ""));
      stages.add(evaluation());
      return new TimePlan(stages);
    }

    private StageTime training(String name, TrainConfig train, StepCost cost, DataSize rows) {
      TrainingPlan plan = TrainingPlan.of(train, job.data(), rows, data.dev());
      double seconds =
          SECONDS_PER_TRAINING
              + SECONDS_PER_ROW * rows.rows()
              + plan.seconds(cost)
              + plan.devSeconds(cost);
      String note =
          String.format(
              Locale.ROOT, "%d steps, %,.0f tokens/s", plan.steps(), plan.tokensPerSecond(cost));
      return new StageTime(name, seconds, note);
    }

    /** A loss without gradients, here the teacher's, is a third of one with them. */
    private StepCost distillation() {
      double live = shareOfLiveTeacher();
      return new StepCost(
          live * teacher.forward() + student.forward(),
          student.backward(),
          DISTILLATION_LOSS * student.loss() + live * teacher.loss() / 3,
          student.optimizer());
    }

    /** The student is its own teacher; rounding its weights is little beside a step. */
    private StepCost recovery() {
      return new StepCost(
          2 * student.forward(),
          student.backward(),
          (DISTILLATION_LOSS + 1.0 / 3) * student.loss(),
          student.optimizer());
    }

    /** A teacher that is kept on disk runs in the first epoch only. */
    private double shareOfLiveTeacher() {
      if (job.distill().cache().isEmpty()) {
        return 1;
      }
      TrainingPlan plan =
          TrainingPlan.of(job.distill().train(), job.data(), data.train(), data.dev());
      double learned = plan.steps() * plan.learned();
      return learned == 0 ? 1 : Math.min(1, data.train().learned() / learned);
    }

    private StageTime adapter(String name, AdapterOptions adapter, StepCost base, DataSize rows) {
      double factor = adapter.loraDropout() > 0 ? ADAPTER_WITH_DROPOUT : ADAPTER;
      int passes = adapter.quantization() == Quantization.NONE ? 1 : 2;
      StepCost cost =
          new StepCost(passes * factor * base.forward(), factor * base.backward(), base.loss(), 0);
      return training(name, adapter.train(), cost, rows);
    }

    private StageTime evaluation() {
      double tokens = 0;
      long items = 0;
      for (TaskRun run : job.evaluate().tasks()) {
        DataSize set = Optional.ofNullable(data.sets().get(run.set())).orElse(DataSize.NONE);
        tokens += set.tokens();
        items += set.rows();
      }
      // The student before and after distillation, its control, with each adapter, each package.
      int students = 2 + (job.distill().control() ? 1 : 0);
      students += job.lora().size() + job.export().onnx().size();
      int teachers = 1 + (job.teacher().lora().isPresent() ? 1 : 0);
      double forward = teachers * teacher.forward() + students * student.forward();
      return new StageTime(
          "evaluate",
          FORWARD_PASSES_PER_ITEM * tokens * forward,
          (students + teachers) + " models, " + items + " items");
    }
  }
}
