package org.pocketdistill.pipeline.config;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pocketdistill.config.Key;
import org.pocketdistill.data.GeneratorConfig;
import org.pocketdistill.data.SourceConfig;

/** Rows to learn from and to measure on: files, the generator, or both. */
public record DataConfig(
    @Key("folder that relative paths of sources start at; default: the job file's folder")
        Optional<String> dir,
    @Key("generator of phone-assistant commands; adds the sets 'test' and 'hard'")
        Optional<GeneratorConfig> generator,
    @Key(value = "files to train on", defaultValue = "[]") List<SourceConfig> train,
    @Key(value = "files to watch the loss on", defaultValue = "[]") List<SourceConfig> dev,
    @Key(value = "files to measure on, by name of the set", defaultValue = "{}")
        Map<String, List<SourceConfig>> test,
    @Key(value = "longest row in tokens, and length of a packed row", min = 8) int maxSeqLen,
    @Key(value = "what to do with a longer row", defaultValue = "drop") TooLong tooLong,
    @Key(value = "pack several rows into one of max_seq_len tokens", defaultValue = "true")
        boolean packing,
    @Key(
            value = "bad lines to skip (each is logged) before the job fails",
            defaultValue = "0",
            min = 0)
        int maxBadLines,
    @Key(value = "remove training rows equal to an earlier one", defaultValue = "true")
        boolean dropDuplicates,
    @Key(
            value = "remove training rows at least this similar to an earlier one; 1 switches off",
            defaultValue = "0.95",
            min = 0.5,
            max = 1)
        double nearDuplicateThreshold,
    @Key(
            value = "what to do with training rows that stand in an evaluation set",
            defaultValue = "remove")
        Contamination contamination) {
  /** What to do with a row longer than {@code max_seq_len}. */
  public enum TooLong {
    DROP,
    TRUNCATE,
    ERROR
  }

  /** What to do with a training row that also stands in an evaluation set. */
  public enum Contamination {
    REPORT,
    REMOVE,
    ERROR
  }
}
