package org.pocketdistill.data;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.data.ExampleReader.Input;

/**
 * One JSONL file, plain or gzip, read as the configuration says. Immutable; each reader that it
 * opens is its own, but all share the job's {@link BadLines}.
 */
public final class JsonlSource {
  private final Optional<SourceConfig> config;
  private final Input input;
  private final RowFilter portion;
  private final int limit;
  private final long seed;

  /**
   * A source.
   *
   * @param file the configuration's path, resolved
   * @param seed of the draws {@code limit} and {@code portion}
   * @throws ConfigException if the configuration breaks its own rules
   */
  public JsonlSource(SourceConfig config, Path file, long seed, BadLines badLines) {
    requireConsistent(config);
    double from = config.portion().get(0);
    double to = config.portion().get(1);
    this.config = Optional.of(config);
    this.input = new Input(file, parser(config, ReasoningRule.KEEP), badLines);
    this.portion = from == 0 && to == 1 ? RowFilter.ALL : RowFilter.portion(from, to, seed);
    this.limit = config.limit().orElse(Integer.MAX_VALUE);
    this.seed = seed;
  }

  private JsonlSource(JsonlSource source, Input input) {
    this.config = source.config;
    this.input = input;
    this.portion = source.portion;
    this.limit = source.limit;
    this.seed = source.seed;
  }

  private JsonlSource(Path file) {
    RowParser parser = new RowParser(RowShape.prepared(), Map.of(), "", Optional.empty());
    this.config = Optional.empty();
    this.input = new Input(file, parser, BadLines.none());
    this.portion = RowFilter.ALL;
    this.limit = Integer.MAX_VALUE;
    this.seed = 0;
  }

  /** A file that {@link JsonlWriter} wrote; its rows come back as they were. */
  public static JsonlSource prepared(Path file) {
    return new JsonlSource(file);
  }

  /** The same source with another way to read traces; a prepared file has but one. */
  public JsonlSource withReasoning(ReasoningRule rule) {
    return config
        .map(c -> new Input(input.file(), parser(c, rule), input.badLines()))
        .map(other -> new JsonlSource(this, other))
        .orElse(this);
  }

  private static RowParser parser(SourceConfig config, ReasoningRule rule) {
    return new RowParser(
        RowShape.of(config.format()), config.fields(), config.group(), Optional.of(rule));
  }

  /**
   * Starts at the first row. With a {@code limit}, the whole file is read once before, to draw from
   * its good rows; bad lines are counted then.
   *
   * @throws DataException if the file is missing or cannot be read
   */
  public ExampleReader open() {
    if (limit == Integer.MAX_VALUE) {
      return new ExampleReader(input, portion, 0);
    }
    try (ExampleReader all = new ExampleReader(input, portion, 0)) {
      long[] drawn = draw(all);
      return new ExampleReader(input, RowFilter.lines(drawn), all.skipped());
    }
  }

  /** Lines of {@code limit} rows, each subset equally likely: those with the smallest draws. */
  private long[] draw(ExampleReader all) {
    record Draw(long key, long line) {}
    SplittableRandom random = new SplittableRandom(seed);
    PriorityQueue<Draw> smallest =
        new PriorityQueue<>(
            Comparator.comparingLong(Draw::key).thenComparingLong(Draw::line).reversed());
    while (all.hasNext()) {
      all.next();
      smallest.add(new Draw(random.nextLong(), all.line()));
      if (smallest.size() > limit) {
        smallest.remove();
      }
    }
    return smallest.stream().mapToLong(Draw::line).sorted().toArray();
  }

  private static void requireConsistent(SourceConfig config) {
    List<Contradiction> broken = config.contradictions();
    if (!broken.isEmpty()) {
      Contradiction first = broken.get(0);
      throw new ConfigException(
          config.path() + ": " + first.keys().get(0) + ": " + first.message());
    }
  }
}
