package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.pocketdistill.pipeline.config.AdapterOptions;
import org.pocketdistill.pipeline.config.GivenModels;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.config.JobFile;
import org.pocketdistill.pipeline.config.PhoneConfig;
import org.pocketdistill.pipeline.config.PhonesConfig;
import org.pocketdistill.pipeline.config.TrainConfig;
import org.pocketdistill.pipeline.distill.StepCost;
import org.pocketdistill.pipeline.hub.Hub;
import org.pocketdistill.pipeline.job.GivenModelsCheck;
import org.pocketdistill.pipeline.plan.JobPlan;
import org.pocketdistill.pipeline.plan.ModelBudget;
import org.pocketdistill.pipeline.plan.PhonePlan;
import org.pocketdistill.pipeline.plan.TimePlan;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.PrecisionChoice;

/** {@code distill plan}: what a job will cost, before it starts. */
final class PlanCommand implements Command {
  private final PrintStream out;

  PlanCommand(PrintStream out) {
    this.out = out;
  }

  @Override
  public String name() {
    return "plan";
  }

  @Override
  public String arguments() {
    return "JOB.yaml";
  }

  @Override
  public String summary() {
    return "says what a job will cost before it starts, and what its result needs on a phone";
  }

  @Override
  public List<String> description() {
    return List.of(
        "Computes from the shapes in a job file: parameters of teacher and student, memory at the"
            + " peak of the stages that need most, disk space of the run, and the budget of the"
            + " result on a phone (bytes of the int8 weights, and of int4 where it is exported,"
            + " bytes of the KV cache at export.context_length). Sizes are in MB of 10^6 bytes;"
            + " memory leans to the high side, and what a stage has taken a run keeps to its end.",
        "For each phone of phones.yaml and each package: bytes of its files, peak memory (package, KV"
            + " cache, arena, runtime), decoding speed by the roofline of the memory's bandwidth,"
            + " time to the first token, whether it fits, and which number of bits, layers or"
            + " tokens of context would. With --phone the plan ends there, with exit code 3, if a"
            + " package does not fit.",
        "Then it trains models of these shapes on random tokens for some seconds, and computes from"
            + " their speed and the rows of the data, which are read, how long each stage takes."
            + " Do it when the machine is quiet. Nothing is written.");
  }

  @Override
  public List<String> examples() {
    return List.of(
        "distill plan configs/quickstart.yaml",
        "distill plan configs/quickstart.yaml --set student.model.hidden_size=96",
        "distill plan configs/quickstart.yaml --phone 'iPhone 15 Pro'");
  }

  @Override
  public Options options() {
    Options options = new Options();
    PhoneOptions.all().forEach(options::addOption);
    return options.addOption(Arguments.set());
  }

  @Override
  public int run(CommandLine line) throws IOException {
    JobFile file = JobFile.read(Arguments.onlyPath(this, line), Arguments.overrides(line));
    GivenModels given = GivenModels.required(file.config(), Hub.fromEnvironment());
    GivenModelsCheck.check(file.config(), file.path(), given);
    JobPlan plan = JobPlan.of(file, given);
    plan.lines().forEach(out::println);
    JobConfig job = file.config();
    List<String> misfits = printPhones(new OptionValues(this, line), file, plan.student());
    out.flush();
    if (!misfits.isEmpty()) {
      misfits.forEach(out::println);
      return Main.GATE_MISSED;
    }
    TrainConfig train = job.distill().train();
    TrainConfig teacherTrain =
        job.teacher()
            .train()
            .or(() -> job.teacher().lora().map(AdapterOptions::train))
            .orElse(train);
    Supplier<ComputeDtype> faster = measuredOnce();
    StepCost teacher = cost(plan.teacher(), job, teacherTrain, faster);
    StepCost student = cost(plan.student(), job, train, faster);
    TimePlan.of(job, plan, teacher, student).lines().forEach(out::println);
    return Main.DONE;
  }

  /** Gives what does not fit the phone that is named. */
  private List<String> printPhones(OptionValues options, JobFile file, ModelBudget student) {
    Optional<PhonesConfig> phones = PhoneOptions.phones(options, file.path());
    if (phones.isEmpty()) {
      return List.of();
    }
    Optional<PhoneConfig> phone = PhoneOptions.phone(options, phones);
    PhonePlan plan = PhonePlan.of(file.config().export(), student, phones.get());
    plan.lines().forEach(out::println);
    return phone.map(plan::misfits).orElse(List.of());
  }

  private static StepCost cost(
      ModelBudget model, JobConfig job, TrainConfig train, Supplier<ComputeDtype> faster) {
    ComputeDtype dtype =
        switch (train.precision()) {
          case FP32 -> ComputeDtype.FP32;
          case BF16 -> ComputeDtype.BF16;
          case AUTO -> faster.get();
        };
    return StepCost.measure(model.config(), train, job.data().maxSeqLen(), dtype);
  }

  private static Supplier<ComputeDtype> measuredOnce() {
    AtomicReference<ComputeDtype> measured = new AtomicReference<>();
    return () ->
        measured.updateAndGet(known -> known == null ? PrecisionChoice.measure().dtype() : known);
  }
}
