package org.pocketdistill.pipeline.job;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.pocketdistill.config.ConfigWriter;
import org.pocketdistill.eval.result.AtomicFile;
import org.pocketdistill.pipeline.cache.CacheStatistics;
import org.pocketdistill.pipeline.config.GivenModels;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.hub.Hub;
import org.pocketdistill.pipeline.job.ModelTraining.From;
import org.pocketdistill.pipeline.report.ReportWriter;
import org.pocketdistill.pipeline.train.StopSignal;

/** A job from its data to its report: the straight line. */
public final class DistillJob {
  private final JobConfig config;
  private final Path jobFile;
  private final Path runFolder;
  private final StageRange range;
  private final StopSignal stop;
  private final Hub hub;

  /**
   * A job.
   *
   * @param jobFile file that the configuration came from; its folder is where paths start
   */
  public DistillJob(JobConfig config, Path jobFile, StageRange range, StopSignal stop) {
    this(config, jobFile, range, stop, Hub.fromEnvironment());
  }

  /** A job whose models come from this hub, where they are not on disk. */
  public DistillJob(JobConfig config, Path jobFile, StageRange range, StopSignal stop, Hub hub) {
    this.hub = hub;
    this.config = config;
    this.jobFile = jobFile.toAbsolutePath();
    this.runFolder = Path.of(config.outputDir().orElse("runs/" + config.name()));
    this.range = range;
    this.stop = stop;
  }

  /** Folder of the run. */
  public Path runFolder() {
    return runFolder;
  }

  /** Runs the stages; the report's result is empty if the range ends before it. */
  public Optional<ReportWriter.Written> run() throws IOException {
    GivenModels given = given();
    try (RunFolder run = RunFolder.open(runFolder)) {
      Line line = line(run, given);
      PreparedData data = line.data();
      TrainedModel teacher = line.teacher(data);
      TrainedModel start = line.student(data, teacher);
      PreparedData own = line.studentData(data, teacher);
      TrainedModel student = line.distill(own, teacher, start);
      Optional<TrainedModel> control = line.control(own, start);
      Map<String, TrainedModel> adapters = line.lora(own, student);
      Exported exported = line.export(own, student, adapters);
      Measured models =
          new Measured(
              teacher, line.unadapted(data, teacher), start, control, student, adapters, exported);
      line.evaluate(data, models);
      return line.report();
    } catch (EndOfRange e) {
      return Optional.empty();
    }
  }

  private GivenModels given() throws IOException {
    new TaskFiles(jobFile.getParent()).check(config);
    GivenModels given = GivenModels.fetch(config, hub);
    GivenModelsCheck.check(config, jobFile, given);
    return given;
  }

  private Line line(RunFolder run, GivenModels given) throws IOException {
    AtomicFile.write(runFolder.resolve("config.yaml"), ConfigWriter.toYaml(config));
    return new Line(run, given);
  }

  /** Runs the stages up to the student, and fills the teacher's cache; the job has one. */
  public CacheStatistics fillCache() throws IOException {
    return beforeDistilling(CacheWork::fill);
  }

  /**
   * Runs the stages up to the student, and measures what a cache of k tokens loses.
   *
   * @param positions learned tokens to measure at, about
   */
  public TopKComparison.Result compareTopK(int positions) throws IOException {
    return beforeDistilling(work -> work.compare(positions));
  }

  private <T> T beforeDistilling(CacheWork.Step<T> step) throws IOException {
    GivenModels given = given();
    try (RunFolder run = RunFolder.open(runFolder)) {
      Line line = line(run, given);
      PreparedData data = line.data();
      TrainedModel teacher = line.teacher(data);
      TrainedModel start = line.student(data, teacher);
      PreparedData own = line.studentData(data, teacher);
      From from = line.from(own, teacher);
      return step.run(new CacheWork(config, own, from, run.folder(Stage.DISTILL), start));
    }
  }

  /** The stages, each with what it depends on. */
  private final class Line {
    private final RunFolder run;
    private final GivenModels given;
    private final StageRunner runner;

    Line(RunFolder run, GivenModels given) {
      this.run = run;
      this.given = given;
      this.runner = new StageRunner(run, config.seed(), range, stop);
    }

    PreparedData data() throws IOException {
      DataStage stage = new DataStage(config, jobFile, given);
      String hash = runner.run(Stage.DATA, stage.inputs(), stage::run);
      endAfter(Stage.DATA);
      return stage.paths(run.folder(Stage.DATA), hash);
    }

    TrainedModel teacher(PreparedData data) throws IOException {
      ObjectNode inputs = DataInputs.ofTeacher(config.teacher(), given.teacher());
      inputs.put("data", data.hash());
      TeacherStage stage = teacherStage(data);
      String hash = runner.run(Stage.TEACHER, inputs, stage::run);
      endAfter(Stage.TEACHER);
      return new TrainedModel(stage.folder(run.folder(Stage.TEACHER)), hash);
    }

    private TeacherStage teacherStage(PreparedData data) {
      return new TeacherStage(config, data, training(data), given);
    }

    /** The given teacher as it came; it is among the inputs of the stage that adapted it. */
    Optional<TrainedModel> unadapted(PreparedData data, TrainedModel adapted) {
      return teacherStage(data).unadapted().map(path -> new TrainedModel(path, adapted.hash()));
    }

    TrainedModel student(PreparedData data, TrainedModel teacher) throws IOException {
      ObjectNode inputs = DataInputs.ofStudent(config.student(), given.student());
      inputs.put("data", data.hash());
      if (config.student().prune().isPresent()) {
        inputs.put("teacher", teacher.hash());
      }
      StudentStage stage = new StudentStage(config, data, given, teacher);
      String hash = runner.run(Stage.STUDENT, inputs, stage::run);
      endAfter(Stage.STUDENT);
      return new TrainedModel(stage.folder(run.folder(Stage.STUDENT)), hash);
    }

    PreparedData studentData(PreparedData data, TrainedModel teacher) {
      return new StudentStage(config, data, given, teacher).data(run.folder(Stage.STUDENT));
    }

    TrainedModel distill(PreparedData data, TrainedModel teacher, TrainedModel start)
        throws IOException {
      ObjectNode inputs = DataInputs.ofDistill(config.distill());
      inputs.put("teacher", teacher.hash()).put("student", start.hash());
      From from = from(data, teacher);
      GeneratedRows answers = new GeneratedRows(config, data, stop);
      return train(
          Stage.DISTILL,
          inputs,
          folder -> {
            GeneratedRows.Written rows = answers.write(folder, teacher.folder());
            ObjectNode outputs =
                learn(Stage.DISTILL, folder, rows.data(), start, Optional.of(from));
            rows.counts().ifPresent(counts -> outputs.set("generated", counts));
            return outputs;
          });
    }

    From from(PreparedData data, TrainedModel teacher) {
      Optional<CacheRequest> cache =
          config.distill().cache().map(keys -> CacheRequest.of(keys, run.path()));
      return new From(teacher.folder(), data.tokenizer(), config.distill(), cache);
    }

    Optional<TrainedModel> control(PreparedData data, TrainedModel start) throws IOException {
      if (!config.distill().control()) {
        // Else the report would show the control of an earlier configuration.
        StageRunner.clear(run.folder(Stage.CONTROL));
        endAfter(Stage.CONTROL);
        return Optional.empty();
      }
      ObjectNode inputs = DataInputs.tree("train", config.distill().train());
      inputs.put("student", start.hash()).put("data", data.hash());
      return Optional.of(
          train(
              Stage.CONTROL,
              inputs,
              folder -> learn(Stage.CONTROL, folder, data, start, Optional.empty())));
    }

    private ObjectNode learn(
        Stage stage, Path folder, PreparedData data, TrainedModel start, Optional<From> from)
        throws IOException {
      return new ModelTraining(training(data), data)
          .run(stage.key(), folder, start.folder(), config.distill().train(), from);
    }

    private TrainedModel train(Stage stage, ObjectNode inputs, StageRunner.Work work)
        throws IOException {
      String hash = runner.run(stage, inputs, work);
      endAfter(stage);
      return new TrainedModel(run.folder(stage).resolve("model"), hash);
    }

    Map<String, TrainedModel> lora(PreparedData data, TrainedModel student) throws IOException {
      ObjectNode inputs = DataInputs.tree("lora", config.lora());
      inputs.put("student", student.hash()).put("data", data.hash());
      LoraStage stage = new LoraStage(config, data, training(data), student);
      String hash = runner.run(Stage.LORA, inputs, stage::run);
      endAfter(Stage.LORA);
      return stage.merged(run.folder(Stage.LORA), hash);
    }

    Exported export(PreparedData data, TrainedModel student, Map<String, TrainedModel> adapters)
        throws IOException {
      TrainedModel shipped = config.export().mergeAdapter().map(adapters::get).orElse(student);
      ObjectNode inputs = DataInputs.tree("export", config.export()).put("model", shipped.hash());
      if (config.export().adapterFiles()) {
        adapters.forEach((name, model) -> inputs.put("adapter." + name, model.hash()));
      }
      ExportStage stage =
          new ExportStage(
              config,
              data,
              shipped,
              new AdapterFiles(config, shipped, run.folder(Stage.LORA)),
              Int4Recovery.of(config, data, training(data), shipped));
      String hash = runner.run(Stage.EXPORT, inputs, stage::run);
      endAfter(Stage.EXPORT);
      return stage.exported(run.folder(Stage.EXPORT), hash);
    }

    void evaluate(PreparedData data, Measured models) throws IOException {
      EvaluateStage stage = new EvaluateStage(config, jobFile.getParent(), data, models);
      runner.run(Stage.EVALUATE, stage.inputs(), stage::run);
      endAfter(Stage.EVALUATE);
    }

    Optional<ReportWriter.Written> report() throws IOException {
      return Optional.of(ReportWriter.write(run.path()));
    }

    private Training training(PreparedData data) {
      return new Training(config, data, stop);
    }

    private void endAfter(Stage stage) {
      if (stage == range.to()) {
        throw new EndOfRange();
      }
    }
  }
}
