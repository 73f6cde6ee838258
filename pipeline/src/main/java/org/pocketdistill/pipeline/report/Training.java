package org.pocketdistill.pipeline.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.pocketdistill.data.DataException;

/**
 * One training of a run.
 *
 * @param name the model that came out
 * @param train cross entropy per learned token, averaged over intervals of steps
 * @param dev loss on the dev set
 * @param steps the last step
 * @param skippedLines lines of its metrics that were no JSON, as a killed process leaves them
 * @param outputs of the stage
 */
record Training(
    String name,
    List<Point> train,
    List<Point> dev,
    long steps,
    int skippedLines,
    JsonNode outputs) {
  /** A point of a curve. */
  record Point(double step, double loss) {}

  /** More points than a plot can show, and few enough for a small page. */
  private static final int MAX_POINTS = 200;

  /**
   * Reads the metrics of a training. A step that stands there twice, because the training was
   * resumed before it, counts as written last.
   */
  static Training read(Path file, String name, JsonNode outputs) throws IOException {
    SortedMap<Long, Double> train = new TreeMap<>();
    SortedMap<Long, Double> dev = new TreeMap<>();
    int skipped = 0;
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Optional<JsonNode> row = JsonFiles.line(line);
        Optional<Long> step = row.flatMap(r -> JsonFiles.whole(r.path("step")));
        if (step.isEmpty()) {
          skipped++;
          continue;
        }
        loss(row.get()).ifPresent(loss -> train.put(step.get(), loss));
        JsonFiles.number(row.get().path("dev_loss")).ifPresent(loss -> dev.put(step.get(), loss));
      }
    } catch (CharacterCodingException e) {
      throw new DataException(file + ": not valid UTF-8", e);
    }
    long steps = Math.max(last(train), last(dev));
    return new Training(name, averaged(train), averaged(dev), steps, skipped, outputs);
  }

  /** Cross entropy where it is told apart: the loss of a distillation has other parts. */
  private static Optional<Double> loss(JsonNode row) {
    Optional<Double> crossEntropy = JsonFiles.number(row.path("ce"));
    return crossEntropy.isPresent() ? crossEntropy : JsonFiles.number(row.path("loss"));
  }

  private static long last(SortedMap<Long, Double> points) {
    return points.isEmpty() ? 0 : points.lastKey();
  }

  private static List<Point> averaged(SortedMap<Long, Double> points) {
    List<Point> raw = new ArrayList<>();
    points.forEach((step, loss) -> raw.add(new Point(step, loss)));
    int size = (raw.size() + MAX_POINTS - 1) / MAX_POINTS;
    if (size <= 1) {
      return raw;
    }
    List<Point> averaged = new ArrayList<>();
    for (int start = 0; start < raw.size(); start += size) {
      List<Point> part = raw.subList(start, Math.min(raw.size(), start + size));
      averaged.add(
          new Point(
              part.stream().mapToDouble(Point::step).average().getAsDouble(),
              part.stream().mapToDouble(Point::loss).average().getAsDouble()));
    }
    return averaged;
  }

  Optional<Double> lastTrainLoss() {
    return lastLoss(train);
  }

  Optional<Double> lastDevLoss() {
    return lastLoss(dev);
  }

  private static Optional<Double> lastLoss(List<Point> points) {
    return points.isEmpty() ? Optional.empty() : Optional.of(points.get(points.size() - 1).loss());
  }
}
