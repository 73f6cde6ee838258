package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.pocketdistill.pipeline.config.JobFile;
import org.pocketdistill.pipeline.plan.JobPlan;

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
            + " peak of each training, disk space of the run, and the budget of the result on a"
            + " phone (bytes of the int8 weights, bytes of the KV cache at export.context_length).",
        "Memory is an estimate that leans to the high side. Sizes are in MB of 10^6 bytes."
            + " Nothing is started.");
  }

  @Override
  public List<String> examples() {
    return List.of(
        "distill plan configs/quickstart.yaml",
        "distill plan configs/quickstart.yaml --set student.model.hidden_size=96");
  }

  @Override
  public Options options() {
    return new Options().addOption(Arguments.set());
  }

  @Override
  public boolean computes() {
    return false;
  }

  @Override
  public int run(CommandLine line) throws IOException {
    JobFile job = JobFile.read(Arguments.onlyPath(this, line), Arguments.overrides(line));
    JobPlan.of(job).lines().forEach(out::println);
    return Main.DONE;
  }
}
