package org.pocketdistill.pipeline.plan;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.pocketdistill.pipeline.config.AdapterConfig;
import org.pocketdistill.pipeline.config.AdapterOptions;
import org.pocketdistill.pipeline.config.AdapterOptions.Quantization;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.GivenModels;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.config.JobFile;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.hub.LocalModel;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.StoredModel;

/**
 * What a job costs: parameters, peak memory, disk, and the budget of its result on a phone.
 *
 * @param teacher the large model
 * @param student the compact model
 * @param memory peak memory of the stages that need most, in order
 * @param data rows and tokens
 * @param disk bytes of the run
 * @param contextLength tokens that the phone's KV cache holds
 * @param int4 of the int4 package; empty where none is exported
 * @param teacherMode how the teacher runs while it fills a cache; empty without one
 */
public record JobPlan(
    ModelBudget teacher,
    ModelBudget student,
    List<Memory> memory,
    DataPlan data,
    Disk disk,
    int contextLength,
    Optional<Int4Config> int4,
    Optional<TeacherMode> teacherMode) {
  // Weights, gradients, two moments in fp32, and a copy for bf16 products.
  private static final long TRAINED_BYTES = 18;
  private static final long FROZEN_BYTES = 4;

  /** Java, libtorch and small data: 485 to 497 MB in three runs, and a margin. */
  private static final long BASE_BYTES = 520_000_000;

  private static final long LOSS_BLOCK_TOKENS = 1024;

  /** Tokens that are scored at once, and copies of their logits. */
  private static final long SCORED_TOKENS = 4096;

  private static final long SCORED_COPIES = 3;
  private static final long LARGEST_SCORED_LOGITS = 1 << 25;
  private static final int ANSWER_TOKENS = 128;
  private static final double MB = 1e6;

  /** Peak memory of a stage, in bytes. */
  public record Memory(String name, long bytes) {}

  /**
   * Bytes of a run's folder.
   *
   * @param left when it is finished
   * @param peak with the checkpoints of its largest training
   * @param cache of the teacher's distributions; part of both
   */
  public record Disk(long left, long peak, long cache) {}

  public JobPlan {
    memory = List.copyOf(memory);
  }

  /** Computes the plan of a job; reads its data and what is small of its given models. */
  public static JobPlan of(JobFile file, GivenModels given) throws IOException {
    JobConfig job = file.config();
    int length = Math.max(job.export().contextLength(), job.data().maxSeqLen());
    ModelBudget teacher = teacher(job, given, length);
    ModelBudget student = student(job, given, teacher.config(), length);
    DataPlan data = DataPlan.of(file, given);
    return new JobPlan(
        teacher,
        student,
        memory(job, teacher, student),
        data,
        new DiskPlan(job, teacher, student, data).disk(),
        job.export().contextLength(),
        Optional.of(job.export().int4())
            .filter(any -> job.export().onnx().contains(OnnxPrecision.INT4)),
        job.distill().cache().map(cache -> TeacherMode.of(cache.streaming(), teacher.config())));
  }

  private static boolean isStreamed(JobConfig job, ModelBudget teacher) {
    return job.distill()
        .cache()
        .map(cache -> TeacherMode.of(cache.streaming(), teacher.config()).streamed())
        .orElse(false);
  }

  private static List<Memory> memory(JobConfig job, ModelBudget teacher, ModelBudget student) {
    List<Memory> memory = new ArrayList<>();
    job.teacher()
        .train()
        .map(train -> trained(teacher) + work(teacher, train, job))
        .ifPresent(bytes -> memory.add(new Memory("teacher", bytes)));
    job.teacher()
        .lora()
        .map(adapter -> adapted(teacher, adapter, job))
        .ifPresent(bytes -> memory.add(new Memory("teacher", bytes)));
    TrainConfig train = job.distill().train();
    int rowLength = job.data().maxSeqLen();
    long distill =
        trained(student)
            + (isStreamed(job, teacher) ? 0 : FROZEN_BYTES * teacher.parameters())
            + work(student, train, job)
            + teacher.passingBytes((long) train.batchSize() * rowLength, rowLength)
            + logits(teacher);
    memory.add(new Memory("distill", distill));
    for (AdapterConfig adapter : job.lora()) {
      memory.add(new Memory("lora " + adapter.name(), adapted(student, adapter.options(), job)));
    }
    memory.add(new Memory("evaluate", evaluation(job, teacher)));
    return memory;
  }

  private static long evaluation(JobConfig job, ModelBudget model) {
    int rowLength = job.data().maxSeqLen();
    long scored =
        Math.min(LARGEST_SCORED_LOGITS, SCORED_TOKENS * model.config().vocabSize()) * Float.BYTES;
    int cached = Math.min(job.export().contextLength(), rowLength / 2 + ANSWER_TOKENS);
    return BASE_BYTES
        + FROZEN_BYTES * model.parameters()
        + SCORED_COPIES * scored
        + model.passingBytes(SCORED_TOKENS, rowLength / 2)
        + job.evaluate().batchSize() * model.kvCacheBytes(cached);
  }

  private static ModelBudget teacher(JobConfig job, GivenModels given, int contextLength)
      throws IOException {
    if (job.teacher().model().isEmpty()) {
      return budget(given.teacher());
    }
    int vocabSize =
        given.student().isPresent()
            ? budget(given.student()).config().vocabSize()
            : job.tokenizer().vocabSize();
    return ModelBudget.of(job.teacher().model().get(), vocabSize, contextLength);
  }

  private static ModelBudget student(
      JobConfig job, GivenModels given, ModelConfig teacher, int contextLength) throws IOException {
    if (job.student().prune().isPresent()) {
      int exported = job.export().contextLength();
      return new ModelBudget(PruneSearch.expected(job.student().prune().get(), teacher, exported));
    }
    return job.student().model().isPresent()
        ? ModelBudget.of(job.student().model().get(), teacher.vocabSize(), contextLength)
        : budget(given.student());
  }

  private static ModelBudget budget(Optional<LocalModel> given) throws IOException {
    return new ModelBudget(StoredModel.open(given.orElseThrow().path()).config());
  }

  /** Training, or merging, which has the model in fp32 once. */
  private static long adapted(ModelBudget model, AdapterOptions adapter, JobConfig job) {
    long whole = FROZEN_BYTES * model.parameters();
    if (adapter.quantization() == Quantization.NONE) {
      return BASE_BYTES + whole + work(model, adapter.train(), job);
    }
    int rowLength = job.data().maxSeqLen();
    long tokens = (long) adapter.train().batchSize() * rowLength;
    long training =
        model.nf4Bytes(adapter.doubleQuant())
            + model.layerwiseBytes(tokens, rowLength)
            + logits(model);
    return BASE_BYTES + Math.max(training, whole + logits(model));
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

  /** The plan as lines of text. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add("parameters");
    lines.add(row("teacher", count(teacher.parameters())));
    double ratio = (double) teacher.parameters() / student.parameters();
    lines.add(
        row("student", count(student.parameters()) + format("  (%.1f times smaller)", ratio)));
    teacherMode.ifPresent(mode -> lines.add(row("teacher runs", mode.toString())));
    lines.add("memory at the peak, about");
    memory.forEach(stage -> lines.add(row(stage.name(), megabytes(stage.bytes()))));
    lines.add("disk, about");
    lines.add(row("while it runs", megabytes(disk.peak())));
    lines.add(row("when it is done", megabytes(disk.left())));
    if (disk.cache() > 0) {
      lines.add(
          row("  teacher cache", megabytes(disk.cache()) + "  (at most, before compression)"));
    }
    lines.add("on the phone");
    lines.add(row("int8 weights", megabytes(student.int8Bytes())));
    lines.add(
        row("int8 package", megabytes(student.int8PackageBytes(contextLength)) + "  (about)"));
    int4.map(options -> new Int4Budget(student, options))
        .ifPresent(budget -> addInt4(lines, budget));
    lines.add(
        row(
            "KV cache",
            megabytes(student.kvCacheBytes(contextLength))
                + "  ("
                + contextLength
                + " tokens, fp32)"));
    return lines;
  }

  private void addInt4(List<String> lines, Int4Budget budget) {
    lines.add(row("int4 weights", megabytes(budget.weightBytes())));
    lines.add(row("int4 package", megabytes(budget.packageBytes(contextLength)) + "  (about)"));
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
