package org.pocketdistill.pipeline.config;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pocketdistill.batch.TooLong;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Rules;
import org.pocketdistill.data.GeneratorConfig;
import org.pocketdistill.data.Reasoning;
import org.pocketdistill.data.ReasoningRule;
import org.pocketdistill.data.ReasoningTags;
import org.pocketdistill.data.SourceConfig;

/** Rows to learn from and to measure on: files, the generator, or both. */
public record DataConfig(
    @Key(
            "folder that relative paths of sources start at, seen from the working directory;"
                + " default: the job file's folder")
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
        Contamination contamination,
    @Key(
            value =
                "traces of reasoning models in the assistant's turns: learn them, mask them (they"
                    + " stand before the answer, not learned) or strip them",
            defaultValue = "learn")
        Reasoning reasoning,
    @Key(
            value = "what traces stand between in the files, [opening, closing]",
            defaultValue = "['<think>', '</think>']")
        List<String> reasoningTags)
    implements Checked {

  /** Evaluation sets that the generator makes: known phrasings, and phrasings never trained on. */
  public static final List<String> GENERATED_SETS = List.of("test", "hard");

  /** The folder that relative paths of sources start at. */
  public Path folder(Path jobFile) {
    return dir.map(Path::of).orElseGet(() -> jobFile.toAbsolutePath().getParent());
  }

  /** How traces in the files are read. */
  public ReasoningRule reasoningRule() {
    return new ReasoningRule(
        reasoning, new ReasoningTags(reasoningTags.get(0), reasoningTags.get(1)));
  }

  /** Names of all evaluation sets. */
  public Set<String> evaluationSets() {
    Set<String> sets = new LinkedHashSet<>();
    generator.ifPresent(present -> sets.addAll(GENERATED_SETS));
    sets.addAll(test.keySet());
    return sets;
  }

  @Override
  public List<Contradiction> contradictions() {
    Rules rules =
        new Rules()
            .require(
                generator.isPresent() || !train.isEmpty(),
                "nothing to train on; give a 'generator' or files in 'train'",
                "train",
                "generator")
            .require(
                reasoningTags.size() == 2
                    && ReasoningTags.areApart(reasoningTags.get(0), reasoningTags.get(1)),
                "expected two texts, [opening, closing], neither within the other; got "
                    + reasoningTags,
                "reasoning_tags");
    test.forEach(
        (name, files) -> {
          String key = "test." + name;
          rules
              .requirePlainName(name, key)
              .require(!files.isEmpty(), "an evaluation set without files", key)
              .require(
                  generator.isEmpty() || !GENERATED_SETS.contains(name),
                  "the generator makes a set of this name too; choose another",
                  key,
                  "generator");
        });
    return rules.broken();
  }

  /** What to do with a training row that also stands in an evaluation set. */
  public enum Contamination {
    REPORT,
    REMOVE,
    ERROR
  }
}
