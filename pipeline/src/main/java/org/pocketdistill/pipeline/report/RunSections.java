package org.pocketdistill.pipeline.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pocketdistill.pipeline.report.Page.Section;
import org.pocketdistill.pipeline.report.Report.ExportCheck;
import org.pocketdistill.pipeline.report.Report.Provenance;
import org.pocketdistill.pipeline.report.Report.Stage;
import org.pocketdistill.pipeline.report.Report.TrainingSummary;
import org.pocketdistill.pipeline.report.Table.Cell;

/** The parts of the page that are about the run: gates, training, cost, data, provenance. */
record RunSections(RunFiles run, Report report) {

  Optional<Section> gates() {
    if (report.gates().isEmpty()) {
      return Optional.empty();
    }
    Table.Builder table =
        Table.titled("Gates").texts("gate").numbers("limit", "reached").texts("result");
    for (Gate gate : report.gates()) {
      table.row(
          gate.gate(),
          Figures.significant(gate.limit()),
          Table.orNone(gate.value(), Figures::significant),
          gate.passed() ? "passed" : "missed");
    }
    return Optional.of(Section.of("gates", "Gates", List.of(), table.build()));
  }

  Optional<Section> training() {
    if (run.trainings().isEmpty()) {
      return Optional.empty();
    }
    Table.Builder table =
        Table.titled("Trainings")
            .texts("model")
            .numbers("steps", "last cross entropy", "last dev loss", "tokens/s", "learned/s");
    for (TrainingSummary training : report.training()) {
      table.row(
          training.name(),
          Long.toString(training.steps()),
          Table.orNone(training.lastTrainLoss(), Figures::significant),
          Table.orNone(training.lastDevLoss(), Figures::significant),
          Table.orNone(training.tokensPerSecond(), RunSections::rate),
          Table.orNone(training.learnedTokensPerSecond(), RunSections::rate));
    }
    List<String> notes = new ArrayList<>();
    notes.add("Cross entropy in nats per learned token, also where the loss had other parts.");
    for (Training training : run.trainings()) {
      if (training.skippedLines() > 0) {
        notes.add(
            training.name()
                + ": "
                + training.skippedLines()
                + " unreadable lines of metrics were skipped, as an interrupted run leaves them.");
      }
    }
    teacherCache().ifPresent(notes::add);
    return Optional.of(
        Section.of("training", "Training", notes, table.build())
            .with(RunCharts.losses(run.trainings())));
  }

  private Optional<String> teacherCache() {
    JsonNode cache = run.stage("04-distill").outputs().path("cache");
    if (cache.isMissingNode()) {
      return Optional.empty();
    }
    return Optional.of(
        "The teacher was read from a cache: "
            + Figures.bytes(cache.path("bytes").longValue())
            + " for "
            + Figures.count(cache.path("learned_tokens").longValue())
            + " learned tokens, "
            + Figures.significant(cache.path("bytes_per_learned_token").doubleValue())
            + " bytes each; "
            + Figures.percent(cache.path("hit_rate").doubleValue())
            + " of the documents asked for were there, and "
            + Figures.count(cache.path("computed_tokens").longValue())
            + " tokens were computed, "
            + rate(cache.path("build_tokens_per_second").doubleValue())
            + " a second.");
  }

  private static String rate(double perSecond) {
    return Figures.count(Math.round(perSecond));
  }

  Section cost() {
    Table.Builder stages =
        Table.titled("Stages").texts("stage", "status").numbers("time", "peak memory");
    for (Stage stage : report.stages()) {
      stages.row(
          stage.stage(),
          stage.status(),
          Table.orNone(stage.seconds(), Figures::seconds),
          Table.orNone(stage.peakRssBytes(), Figures::bytes));
    }
    List<Table> tables = new ArrayList<>(List.of(stages.build()));
    shares().ifPresent(tables::add);
    return new Section(
            "cost", "What it cost", List.of(), Optional.empty(), tables, Optional.empty())
        .with(RunCharts.times(report.stages()));
  }

  private Optional<Table> shares() {
    Set<String> parts = new LinkedHashSet<>();
    report.training().forEach(training -> parts.addAll(training.shares().keySet()));
    if (parts.isEmpty()) {
      return Optional.empty();
    }
    Table.Builder table =
        Table.titled("Where a training step's time goes")
            .texts("model")
            .numbers(parts.toArray(String[]::new));
    for (TrainingSummary training : report.training()) {
      List<Cell> row = new ArrayList<>(List.of(new Cell(training.name(), false)));
      for (String part : parts) {
        Optional<Double> share = Optional.ofNullable(training.shares().get(part));
        row.add(new Cell(Table.orNone(share, Figures::percent), false));
      }
      table.row(row);
    }
    return Optional.of(table.build());
  }

  Optional<Section> exports() {
    if (report.exports().isEmpty()) {
      return Optional.empty();
    }
    Table.Builder table =
        Table.titled("Exported files beside the model they were made from")
            .texts("file")
            .numbers("size", "largest logit difference", "mean KL, nats", "same top token");
    for (ExportCheck check : report.exports()) {
      table.row(
          check.file(),
          Table.orNone(check.bytes(), Figures::bytes),
          Table.orNone(check.maxAbsDiff(), Figures::significant),
          Table.orNone(check.klMean(), Figures::significant),
          Table.orNone(check.top1Agreement(), Figures::percent));
    }
    List<Table> tables = new ArrayList<>(List.of(table.build()));
    tables.addAll(RoundingTables.of(run.stage("07-export").outputs()));
    return Optional.of(
        Section.of("exports", "Exported files", List.of(), tables.toArray(Table[]::new)));
  }

  Optional<Section> data() {
    Map<String, String> outputs = StageRecord.texts(run.stage("01-data").outputs(), "data");
    if (outputs.isEmpty()) {
      return Optional.empty();
    }
    Table.Builder table = Table.titled("What the data stage counted").texts("what", "value");
    outputs.forEach((key, value) -> table.row(key, value));
    return Optional.of(Section.of("data", "Data", List.of(), table.build()));
  }

  Optional<Section> wrongAnswers() {
    if (run.wrongAnswers().isEmpty()) {
      return Optional.empty();
    }
    Table.Builder table =
        Table.titled("The first items that " + report.shipped().orElse("") + " got wrong")
            .texts("question", "expected", "answered", "task");
    for (WrongAnswer wrong : run.wrongAnswers()) {
      table.row(
          List.of(
              new Cell(wrong.question(), false),
              new Cell(wrong.expected(), true),
              new Cell(wrong.answer(), true),
              new Cell(wrong.task(), false)));
    }
    return Optional.of(Section.of("wrong", "Wrong answers", List.of(), table.build()));
  }

  Section provenance() {
    List<Table> tables = new ArrayList<>(List.of(facts()));
    hashes().ifPresent(tables::add);
    return new Section(
        "provenance",
        "Provenance",
        List.of("The configuration as it was resolved:"),
        Optional.empty(),
        tables,
        Optional.of(report.provenance().config()));
  }

  private Table facts() {
    Provenance provenance = report.provenance();
    Table.Builder facts = Table.titled("Versions and seeds").texts("what", "value");
    facts.row("seed of the job", Long.toString(report.seed()));
    provenance
        .bootstrapResamples()
        .ifPresent(n -> facts.row("bootstrap resamples", Integer.toString(n)));
    provenance
        .bootstrapSeed()
        .ifPresent(seed -> facts.row("seed of the bootstrap", Long.toString(seed)));
    provenance.versions().forEach((name, version) -> facts.row(name, version));
    for (StageRecord stage : run.stages()) {
      stage.started().ifPresent(time -> facts.row("start of " + stage.stage(), time));
    }
    return facts.build();
  }

  private Optional<Table> hashes() {
    Table.Builder table = Table.titled("SHA-256 of inputs").texts("stage", "input", "hash");
    report
        .provenance()
        .inputsSha256()
        .forEach(
            (stage, inputs) ->
                inputs.forEach(
                    (input, hash) ->
                        table.row(
                            List.of(
                                new Cell(stage, false),
                                new Cell(input, false),
                                new Cell(hash, true)))));
    return table.isEmpty() ? Optional.empty() : Optional.of(table.build());
  }
}
