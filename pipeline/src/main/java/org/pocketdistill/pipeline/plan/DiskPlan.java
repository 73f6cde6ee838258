package org.pocketdistill.pipeline.plan;

import org.pocketdistill.pipeline.cache.CacheSize;
import org.pocketdistill.pipeline.config.EvaluateConfig.TaskRun;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.gguf.GgufFileType;

/** Bytes that the folder of a run takes. */
record DiskPlan(JobConfig job, ModelBudget teacher, ModelBudget student, DataPlan data) {
  /** Weights and two moments; the old checkpoint stays until the new one is complete. */
  private static final long CHECKPOINT_BYTES = 2 * 12;

  /** A row beside its text: id, roles, quotation marks. */
  private static final double ROW_BYTES = 130;

  private static final double BYTES_PER_TOKEN = 3;

  /** A question, its answer and scores, as one model's sample and in the results. */
  private static final double SAMPLE_BYTES = 1300;

  /** The chart library, and the log of the trainings. */
  private static final long REPORT_BYTES = 1_500_000;

  JobPlan.Disk disk() {
    boolean trained = job.teacher().train().isPresent();
    boolean made = trained || job.teacher().lora().isPresent();
    long left = made ? teacher.fp32Bytes() : 0;
    int students = 2 + (job.distill().control() ? 1 : 0) + job.lora().size();
    students += job.export().int4().recover().isPresent() ? 1 : 0;
    left += students * student.fp32Bytes();
    for (OnnxPrecision precision : job.export().onnx()) {
      left += packageBytes(precision);
    }
    for (GgufFileType type : job.export().gguf()) {
      left += student.parameters() * type.matrices().blockBytes() / type.matrices().blockSize();
    }
    left += Math.round(text()) + REPORT_BYTES + cacheBytes();
    long checkpoint = CHECKPOINT_BYTES * student.parameters();
    if (trained) {
      checkpoint = Math.max(checkpoint, CHECKPOINT_BYTES * teacher.parameters());
    }
    return new JobPlan.Disk(left, left + checkpoint, cacheBytes());
  }

  private long packageBytes(OnnxPrecision precision) {
    int context = job.export().contextLength();
    return switch (precision) {
      case FP32 -> student.fp32Bytes();
      case FP16 -> PackageFormat.of(OnnxPrecision.FP16).weightBytes(student);
      case INT8, INT8_STATIC -> student.int8PackageBytes(context);
      case INT4 -> new Int4Budget(student, job.export().int4()).packageBytes(context);
    };
  }

  /** Of the teacher's cache: a training shorter than an epoch fills a part of it. */
  long cacheBytes() {
    if (job.distill().cache().isEmpty()) {
      return 0;
    }
    int vocabSize = student.config().vocabSize();
    long bytes = CacheSize.bytesPerLearnedToken(vocabSize, job.distill().cache().get().topK());
    TrainingPlan plan =
        TrainingPlan.of(job.distill().train(), job.data(), data.train(), data.dev());
    return Math.round(bytes * Math.min(data.train().learned(), plan.steps() * plan.learned()));
  }

  private double text() {
    double tokens = data.train().tokens();
    for (DataSize set : data.sets().values()) {
      tokens += set.tokens();
    }
    double samples = 0;
    for (TaskRun run : job.evaluate().tasks()) {
      samples += data.sets().containsKey(run.set()) ? data.sets().get(run.set()).rows() : 0;
    }
    int models =
        (job.teacher().lora().isPresent() ? 5 : 4) + job.lora().size() + job.export().onnx().size();
    return ROW_BYTES * data.rows() + BYTES_PER_TOKEN * tokens + SAMPLE_BYTES * models * samples;
  }
}
