package org.pocketdistill.pipeline.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pocketdistill.data.BadLines;
import org.pocketdistill.data.ContaminationCheck;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Deduplicator;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.ExampleReader;
import org.pocketdistill.data.JsonlSource;
import org.pocketdistill.data.JsonlWriter;
import org.pocketdistill.data.SourceConfig;
import org.pocketdistill.data.assistant.PhoneAssistant;
import org.pocketdistill.data.assistant.Splits;
import org.pocketdistill.pipeline.config.AdapterConfig;
import org.pocketdistill.pipeline.config.AdapterOptions;
import org.pocketdistill.pipeline.config.DataConfig;
import org.pocketdistill.pipeline.config.DataConfig.Contamination;
import org.pocketdistill.pipeline.config.GivenModels;
import org.pocketdistill.pipeline.config.JobConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rows of all sources as prepared files: evaluation sets first, then training rows without
 * duplicates and without rows of an evaluation set, then the tokenizer.
 */
final class DataStage {
  private static final Logger LOG = LoggerFactory.getLogger("data");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TRAIN = "train.jsonl";
  private static final String DEV = "dev.jsonl";

  private final JobConfig job;
  private final Path jobFile;
  private final GivenModels given;
  private final BadLines badLines;
  private final ContaminationCheck contamination = new ContaminationCheck();

  DataStage(JobConfig job, Path jobFile, GivenModels given) {
    this.job = job;
    this.jobFile = jobFile;
    this.given = given;
    this.badLines = new BadLines(job.data().maxBadLines());
  }

  /** Where the stage's files are, whether it runs now or ran earlier. */
  PreparedData paths(Path folder, String hash) {
    Map<String, Path> adapters = new LinkedHashMap<>();
    for (AdapterConfig adapter : job.lora()) {
      boolean own = !adapter.options().data().isEmpty();
      String file = own ? "adapter-" + adapter.name() + ".jsonl" : TRAIN;
      adapters.put(adapter.name(), folder.resolve(file));
    }
    Map<String, Path> sets = new LinkedHashMap<>();
    for (String set : setNames()) {
      sets.put(set, folder.resolve("set-" + set + ".jsonl"));
    }
    return new PreparedData(
        folder.resolve("tokenizer"),
        folder.resolve(TRAIN),
        folder.resolve(DEV),
        folder.resolve(teacherData().isEmpty() ? TRAIN : "teacher-adapter.jsonl"),
        adapters,
        sets,
        hash);
  }

  private List<SourceConfig> teacherData() {
    return job.teacher().lora().map(AdapterOptions::data).orElse(List.of());
  }

  private List<String> setNames() {
    List<String> names = new ArrayList<>();
    if (job.data().generator().isPresent()) {
      names.addAll(List.of("test", "hard"));
    }
    names.addAll(job.data().test().keySet());
    return names;
  }

  /** Everything the stage depends on: its keys, and the bytes of the files it reads. */
  ObjectNode inputs() throws IOException {
    return DataInputs.of(job, given, this::resolve);
  }

  private Path resolve(SourceConfig source) {
    return job.data().folder(jobFile).resolve(source.path());
  }

  ObjectNode run(Path folder) throws IOException {
    PreparedData paths = paths(folder, "");
    ObjectNode outputs = JSON.createObjectNode();
    Optional<Splits> generated =
        job.data().generator().map(config -> PhoneAssistant.generate(config, job.seed()));
    ObjectNode sets = outputs.putObject("sets");
    for (Map.Entry<String, Path> set : paths.sets().entrySet()) {
      sets.put(set.getKey(), writeSet(set.getKey(), set.getValue(), generated));
    }
    outputs.put("dev_rows", writeDev(paths.dev(), generated));
    outputs.set("train", writeTrain(TRAIN, paths.train(), generated, job.data().train()));
    if (!teacherData().isEmpty()) {
      String name = "teacher's adapter";
      outputs.set(name, writeTrain(name, paths.teacherTrain(), Optional.empty(), teacherData()));
    }
    for (AdapterConfig adapter : job.lora()) {
      List<SourceConfig> own = adapter.options().data();
      if (!own.isEmpty()) {
        Path file = paths.adapterTrain().get(adapter.name());
        String name = "adapter " + adapter.name();
        outputs.set(name, writeTrain(name, file, Optional.empty(), own));
      }
    }
    outputs.set("contamination", JSON.valueToTree(contaminationReport()));
    outputs.put("bad_lines", badLines.count());
    outputs.set(
        "tokenizer",
        new TokenizerBuild(
                job, paths, given, new TaskFiles(jobFile.getParent()).answeredSets(job.evaluate()))
            .run());
    return outputs;
  }

  private long writeSet(String name, Path file, Optional<Splits> generated) throws IOException {
    List<SourceConfig> sources = job.data().test().getOrDefault(name, List.of());
    List<Example> rows =
        generated
            .filter(splits -> sources.isEmpty())
            .map(splits -> name.equals("test") ? splits.test() : splits.hard())
            .orElse(List.of());
    return write(
        file,
        rows,
        sources,
        row -> {
          contamination.addEvaluationRow(name, row);
          return true;
        });
  }

  private long writeDev(Path file, Optional<Splits> generated) throws IOException {
    List<Example> rows = generated.map(Splits::dev).orElse(List.of());
    return write(file, rows, job.data().dev(), row -> true);
  }

  private ObjectNode writeTrain(
      String name, Path file, Optional<Splits> generated, List<SourceConfig> sources)
      throws IOException {
    DataConfig data = job.data();
    Deduplicator duplicates = new Deduplicator(data.nearDuplicateThreshold());
    long[] found = new long[1];
    List<Example> rows = generated.map(Splits::train).orElse(List.of());
    long written =
        write(
            file,
            rows,
            sources,
            row -> {
              boolean contaminated = contamination.isContaminated(row);
              found[0] += contaminated ? 1 : 0;
              if (contaminated && data.contamination() == Contamination.ERROR) {
                throw new DataException(
                    "%s: row %s also stands in an evaluation set; data.contamination: error"
                        .formatted(name, row.id()));
              }
              boolean kept = !contaminated || data.contamination() == Contamination.REPORT;
              return kept && !(data.dropDuplicates() && duplicates.isDuplicate(row));
            });
    if (written == 0) {
      throw new DataException(
          "%s: no row is left to train on (%d stood in evaluation sets)".formatted(name, found[0]));
    }
    LOG.info(
        "{}: {} rows, {} equal and {} near duplicates, {} found in evaluation sets ({})",
        name,
        written,
        duplicates.report().exact(),
        duplicates.report().near(),
        found[0],
        data.contamination().name().toLowerCase(java.util.Locale.ROOT));
    ObjectNode node = JSON.createObjectNode().put("rows", written);
    node.put("exact_duplicates", duplicates.report().exact())
        .put("near_duplicates", duplicates.report().near())
        .put("contaminated", found[0]);
    return node;
  }

  private long write(Path file, List<Example> rows, List<SourceConfig> sources, RowTest keep)
      throws IOException {
    Files.createDirectories(file.getParent());
    try (JsonlWriter writer = new JsonlWriter(file)) {
      long written = copy(rows.iterator(), "", keep, writer);
      for (int i = 0; i < sources.size(); i++) {
        SourceConfig source = sources.get(i);
        JsonlSource rowsOf =
            new JsonlSource(source, resolve(source), job.seed(), badLines)
                .withReasoning(job.data().reasoningRule());
        try (ExampleReader reader = rowsOf.open()) {
          written += copy(reader, sources.size() > 1 ? i + "-" : "", keep, writer);
        }
      }
      writer.commit();
      return written;
    }
  }

  /** Files number their rows each from 0, so several of them need a prefix each. */
  private static long copy(
      Iterator<Example> rows, String prefix, RowTest keep, JsonlWriter writer) {
    long written = 0;
    while (rows.hasNext()) {
      Example row = rows.next();
      if (keep.test(row)) {
        writer.write(prefix.isEmpty() ? row : row.withId(prefix + row.id()));
        written++;
      }
    }
    return written;
  }

  private Map<String, Object> contaminationReport() {
    Map<String, Object> report = new LinkedHashMap<>();
    contamination
        .report()
        .sets()
        .forEach(
            set -> {
              Map<String, Object> line = new LinkedHashMap<>();
              line.put("rows", set.rows());
              line.put("found_in_training", set.foundRows());
              report.put(set.set(), line);
            });
    return report;
  }

  /** Whether a row stays. */
  @FunctionalInterface
  private interface RowTest {
    boolean test(Example row);
  }
}
