package org.pocketdistill.pipeline.plan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.pocketdistill.pipeline.config.AdapterConfig;
import org.pocketdistill.pipeline.config.AdapterOptions;
import org.pocketdistill.pipeline.config.DataConfig;
import org.pocketdistill.pipeline.config.DistillConfig;
import org.pocketdistill.pipeline.config.ExportConfig;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.config.JobFile;
import org.pocketdistill.pipeline.config.ModelShape;
import org.pocketdistill.pipeline.config.PruneConfig;
import org.pocketdistill.pipeline.config.TrainConfig;

/** The stages of a job in words. */
public final class JobOutline {
  private final JobFile file;
  private final JobConfig job;

  /** The outline of a job. */
  public JobOutline(JobFile file) {
    this.file = file;
    this.job = file.config();
  }

  /** What each stage would do, by the stage's name, in order. */
  public Map<String, String> stages() {
    Map<String, String> stages = new LinkedHashMap<>();
    stages.put("data", data());
    stages.put("teacher", teacher());
    stages.put("student", student());
    stages.put("distill", distill());
    stages.put("lora", each(job.lora(), JobOutline::adapter));
    stages.put("export", export());
    stages.put("evaluate", each(job.evaluate().tasks(), run -> run.task() + " on " + run.set()));
    stages.put("report", file.outputDir().toString());
    return stages;
  }

  private String data() {
    DataConfig data = job.data();
    List<String> parts = new ArrayList<>();
    data.generator()
        .ifPresent(generator -> parts.add(generator.trainRows() + " generated rows to train on"));
    if (!data.train().isEmpty()) {
      parts.add(data.train().size() + " file(s) to train on");
    }
    parts.add("evaluation sets: " + each(List.copyOf(data.evaluationSets()), set -> set));
    return String.join("; ", parts);
  }

  private String teacher() {
    return job.teacher()
        .model()
        .map(
            shape ->
                "train "
                    + shape(shape)
                    + job.teacher().train().map(train -> ", " + length(train)).orElse(""))
        .orElseGet(
            () ->
                "load "
                    + job.teacher().path().orElseThrow()
                    + job.teacher()
                        .lora()
                        .map(own -> ", adapt it (" + options(own) + ")")
                        .orElse(""));
  }

  private String student() {
    if (job.student().prune().isPresent()) {
      return "cut out of the teacher" + prune(job.student().prune().get());
    }
    return job.student()
        .model()
        .map(shape -> shape(shape) + ", random weights")
        .orElseGet(() -> "load " + job.student().path().orElseThrow());
  }

  private static String prune(PruneConfig prune) {
    List<String> parts = new ArrayList<>();
    int layers = prune.layers().size();
    prune
        .numHiddenLayers()
        .or(() -> layers == 0 ? Optional.empty() : Optional.of(layers))
        .ifPresent(n -> parts.add(n + " layers"));
    prune.hiddenSize().ifPresent(n -> parts.add("hidden " + n));
    prune.intermediateSize().ifPresent(n -> parts.add("intermediate " + n));
    prune.numAttentionHeads().ifPresent(n -> parts.add(n + " query heads"));
    prune.preset().ifPresent(preset -> parts.add(key(preset)));
    prune.vocabSize().ifPresent(n -> parts.add("at most " + n + " tokens"));
    prune.targetParameters().ifPresent(n -> parts.add("at most " + n + " parameters, searched"));
    prune.targetPackageMb().ifPresent(n -> parts.add("at most " + n + " MB as int8, searched"));
    return parts.isEmpty() ? "" : ": " + String.join(", ", parts);
  }

  private String distill() {
    DistillConfig distill = job.distill();
    return "%s, temperature %s, kd_ratio %s, %s%s%s"
        .formatted(
            key(distill.divergence()),
            number(distill.temperature()),
            number(distill.kdRatio()),
            length(distill.train()),
            distill.cache().map(cache -> ", teacher's top " + cache.topK() + " kept").orElse(""),
            distill.control() ? "; and a control on cross entropy alone" : "");
  }

  private static String adapter(AdapterConfig adapter) {
    return adapter.name() + " (" + options(adapter.options()) + ")";
  }

  private static String options(AdapterOptions adapter) {
    return "r %d, %s".formatted(adapter.r(), length(adapter.train()));
  }

  private String export() {
    ExportConfig export = job.export();
    return each(export.precisions(), JobOutline::key)
        + (export.plain().isEmpty() ? "" : ", plain: " + each(export.plain(), JobOutline::key))
        + (export.gguf().isEmpty() ? "" : ", gguf: " + each(export.gguf(), JobOutline::key))
        + export
            .int4()
            .recover()
            .map(recover -> ", int4 recovered in " + length(recover.train()))
            .orElse("")
        + export.mergeAdapter().map(name -> ", with adapter " + name + " merged").orElse("");
  }

  private static String shape(ModelShape shape) {
    return "%s, %d layers of width %d"
        .formatted(key(shape.modelType()), shape.numHiddenLayers(), shape.hiddenSize());
  }

  private static String length(TrainConfig train) {
    return train
        .maxSteps()
        .map(steps -> steps + " steps")
        .orElseGet(
            () ->
                number(train.numTrainEpochs())
                    + (train.numTrainEpochs() == 1 ? " epoch" : " epochs"));
  }

  private static <T> String each(List<T> items, Function<T, String> text) {
    return items.isEmpty() ? "none" : items.stream().map(text).collect(Collectors.joining(", "));
  }

  private static String key(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static String number(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }
}
