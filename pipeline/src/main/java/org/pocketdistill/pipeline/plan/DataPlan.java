package org.pocketdistill.pipeline.plan;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pocketdistill.data.BadLines;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.ExampleReader;
import org.pocketdistill.data.GeneratorConfig;
import org.pocketdistill.data.JsonlSource;
import org.pocketdistill.data.SourceConfig;
import org.pocketdistill.data.assistant.PhoneAssistant;
import org.pocketdistill.data.assistant.Splits;
import org.pocketdistill.pipeline.config.AdapterConfig;
import org.pocketdistill.pipeline.config.AdapterOptions;
import org.pocketdistill.pipeline.config.DataConfig;
import org.pocketdistill.pipeline.config.GivenModels;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.config.JobFile;

/**
 * How much data a job has: its files are read through, of the generator's rows some are made.
 * Duplicates and rows that stand in an evaluation set are counted like the others.
 *
 * @param sets evaluation sets by name
 * @param teacher rows that a finished teacher is adapted to
 * @param adapters rows of each adapter by its name
 */
public record DataPlan(
    DataSize train,
    DataSize dev,
    Map<String, DataSize> sets,
    DataSize teacher,
    Map<String, DataSize> adapters) {
  private static final int SAMPLED_ROWS = 300;

  /** Keeps copies. */
  public DataPlan {
    sets = Map.copyOf(sets);
    adapters = Map.copyOf(adapters);
  }

  static DataPlan of(JobFile file, GivenModels given) throws IOException {
    JobConfig job = file.config();
    try (TokenCounter counter = new TokenCounter(given, job.data().reasoning())) {
      return new Reading(file, counter, new BadLines(job.data().maxBadLines())).all();
    }
  }

  /** Rows to train on and of all sets. */
  long rows() {
    long rows = train.rows() + dev.rows();
    for (DataSize set : sets.values()) {
      rows += set.rows();
    }
    return rows;
  }

  private record Reading(JobFile file, TokenCounter counter, BadLines badLines) {
    DataPlan all() {
      DataConfig data = file.config().data();
      Map<String, DataSize> sets = new LinkedHashMap<>();
      data.test().forEach((name, sources) -> sets.put(name, size(sources)));
      DataSize train = size(data.train());
      DataSize dev = size(data.dev());
      Optional<GeneratorConfig> generator = data.generator();
      if (generator.isPresent()) {
        GeneratorConfig config = generator.get();
        Splits sample = PhoneAssistant.generate(sampled(config), file.config().seed());
        train = train.plus(sizeOf(sample.train()).of(config.trainRows()));
        dev = dev.plus(sizeOf(sample.dev()).of(config.devRows()));
        sets.put("test", sizeOf(sample.test()).of(config.testRows()));
        sets.put("hard", sizeOf(sample.hard()).of(config.hardRows()));
      }
      Map<String, DataSize> adapters = new LinkedHashMap<>();
      for (AdapterConfig adapter : file.config().lora()) {
        adapters.put(adapter.name(), ofAdapter(adapter.options(), train));
      }
      DataSize jobRows = train;
      DataSize teacher =
          file.config().teacher().lora().map(own -> ofAdapter(own, jobRows)).orElse(train);
      return new DataPlan(train, dev, sets, teacher, adapters);
    }

    private DataSize ofAdapter(AdapterOptions adapter, DataSize train) {
      return adapter.data().isEmpty() ? train : size(adapter.data());
    }

    private static GeneratorConfig sampled(GeneratorConfig config) {
      return new GeneratorConfig(
          Math.min(SAMPLED_ROWS, config.trainRows()),
          Math.min(SAMPLED_ROWS, config.devRows()),
          Math.min(SAMPLED_ROWS, config.testRows()),
          Math.min(SAMPLED_ROWS, config.hardRows()),
          config.languages(),
          config.functions());
    }

    private DataSize sizeOf(List<Example> rows) {
      DataSize size = DataSize.NONE;
      for (Example row : rows) {
        size = size.plus(counter.count(row));
      }
      return size;
    }

    private DataSize size(List<SourceConfig> sources) {
      DataSize size = DataSize.NONE;
      for (SourceConfig source : sources) {
        JobConfig job = file.config();
        JsonlSource rows =
            new JsonlSource(
                    source,
                    job.data().folder(file.path()).resolve(source.path()),
                    job.seed(),
                    badLines)
                .withReasoning(job.data().reasoningRule());
        try (ExampleReader reader = rows.open()) {
          while (reader.hasNext()) {
            size = size.plus(counter.count(reader.next()));
          }
        }
      }
      return size;
    }
  }
}
