package org.pocketdistill.pipeline.plan;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.pocketdistill.pipeline.config.AdapterConfig;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.config.JobFile;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.model.HfConfigFile;

/**
 * What a job costs: parameters, peak memory, disk, and the budget of its result on a phone.
 *
 * @param teacher the large model
 * @param student the compact model
 * @param trainings peak memory of each training, in order
 * @param diskBytes what the run leaves behind, checkpoints included
 * @param contextLength tokens that the phone's KV cache holds
 */
public record JobPlan(
    ModelBudget teacher,
    ModelBudget student,
    List<Training> trainings,
    long diskBytes,
    int contextLength) {
  // Weights, gradients, two moments in fp32, and a copy for bf16 products.
  private static final long TRAINED_BYTES = 18;
  private static final long FROZEN_BYTES = 4;
  // Weights and two moments; the old checkpoint stays until the new one is complete.
  private static final long CHECKPOINT_BYTES = 2 * 12;
  private static final long BASE_BYTES = 700_000_000;
  private static final long LOSS_BLOCK_TOKENS = 1024;
  private static final double MB = 1e6;

  /** Peak memory of a training, in bytes. */
  public record Training(String name, long bytes) {}

  public JobPlan {
    trainings = List.copyOf(trainings);
  }

  /** Computes the plan of a job. */
  public static JobPlan of(JobFile file) throws IOException {
    JobConfig job = file.config();
    int length = Math.max(job.export().contextLength(), job.data().maxSeqLen());
    ModelBudget teacher = teacher(job, length);
    ModelBudget student =
        ModelBudget.of(job.student().model(), teacher.config().vocabSize(), length);
    return new JobPlan(
        teacher,
        student,
        trainings(job, teacher, student),
        disk(job, teacher, student),
        job.export().contextLength());
  }

  private static List<Training> trainings(JobConfig job, ModelBudget teacher, ModelBudget student) {
    List<Training> trainings = new ArrayList<>();
    job.teacher()
        .train()
        .map(train -> trained(teacher) + work(teacher, train, job))
        .ifPresent(bytes -> trainings.add(new Training("teacher", bytes)));
    long distill =
        trained(student)
            + FROZEN_BYTES * teacher.parameters()
            + work(student, job.distill().train(), job)
            + logits(teacher);
    trainings.add(new Training("distill", distill));
    for (AdapterConfig adapter : job.lora()) {
      long frozen = BASE_BYTES + FROZEN_BYTES * student.parameters();
      trainings.add(
          new Training("lora " + adapter.name(), frozen + work(student, adapter.train(), job)));
    }
    return trainings;
  }

  private static long disk(JobConfig job, ModelBudget teacher, ModelBudget student) {
    long trainedTeacher = job.teacher().train().isPresent() ? run(teacher) : 0;
    long students = run(student) * (job.distill().control() ? 2 : 1);
    long merged = student.fp32Bytes() * job.lora().size();
    return trainedTeacher + students + merged + student.fp32Bytes() + student.int8Bytes();
  }

  private static ModelBudget teacher(JobConfig job, int contextLength) throws IOException {
    if (job.teacher().model().isPresent()) {
      return ModelBudget.of(
          job.teacher().model().get(), job.tokenizer().vocabSize(), contextLength);
    }
    return new ModelBudget(HfConfigFile.read(Path.of(job.teacher().path().orElseThrow())));
  }

  private static long trained(ModelBudget model) {
    return BASE_BYTES + TRAINED_BYTES * model.parameters();
  }

  private static long work(ModelBudget model, TrainConfig train, JobConfig job) {
    int rowLength = job.data().maxSeqLen();
    long tokens = (long) train.batchSize() * rowLength;
    return model.activationBytes(tokens, rowLength) + logits(model);
  }

  /** Logits of a block of tokens and their gradient. */
  private static long logits(ModelBudget model) {
    return 2L * Float.BYTES * LOSS_BLOCK_TOKENS * model.config().vocabSize();
  }

  private static long run(ModelBudget model) {
    return CHECKPOINT_BYTES * model.parameters() + model.fp32Bytes();
  }

  /** The plan as lines of text. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add("parameters");
    lines.add(row("teacher", count(teacher.parameters())));
    double ratio = (double) teacher.parameters() / student.parameters();
    lines.add(
        row("student", count(student.parameters()) + format("  (%.1f times smaller)", ratio)));
    lines.add("memory at the peak, about");
    trainings.forEach(training -> lines.add(row(training.name(), megabytes(training.bytes()))));
    lines.add("disk, about");
    lines.add(row("run", megabytes(diskBytes)));
    lines.add("on the phone");
    lines.add(row("int8 weights", megabytes(student.int8Bytes())));
    lines.add(
        row(
            "KV cache",
            megabytes(student.kvCacheBytes(contextLength))
                + "  ("
                + contextLength
                + " tokens, fp32)"));
    return lines;
  }

  private static String row(String name, String value) {
    return format("  %-16s %s", name, value);
  }

  private static String count(long number) {
    return format("%,14d", number);
  }

  private static String megabytes(long bytes) {
    return format("%,11.1f MB", bytes / MB);
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
