package org.pocketdistill.pipeline.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.pocketdistill.pipeline.train.PeakMemory;
import org.pocketdistill.pipeline.train.StopSignal;
import org.pocketdistill.pipeline.train.TrainingException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs stages: skips one that is finished and whose inputs are the same, goes on with one that was
 * interrupted, redoes one whose inputs have changed and says which.
 */
final class StageRunner {
  private static final Logger LOG = LoggerFactory.getLogger("job");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int DIFFERENCES_SHOWN = 5;

  private final RunFolder run;
  private final long seed;
  private final StageRange range;
  private final StopSignal stop;

  StageRunner(RunFolder run, long seed, StageRange range, StopSignal stop) {
    this.run = run;
    this.seed = seed;
    this.range = range;
    this.stop = stop;
  }

  /**
   * Runs a stage if it has to be.
   *
   * @param inputs everything that its result depends on
   * @throws TrainingException if a stop was asked for during the last step of a training
   * @return hash of the inputs, which the next stages depend on
   */
  String run(Stage stage, ObjectNode inputs, Work work) throws IOException {
    Path folder = run.folder(stage);
    String hash = StageFile.hash(inputs);
    JsonNode found = StageFile.read(folder);
    boolean same = found.path("inputs_sha256").asText().equals(hash);
    boolean done = found.path("status").asText().equals("done");
    if (same && done && !range.forces(stage)) {
      LOG.info("{}: finished earlier, inputs unchanged", stage.key());
      return hash;
    }
    if (stop.isRequested()) {
      throw new TrainingException(
          TrainingException.Reason.STOPPED,
          "stopped before " + stage.key() + ", all else is saved");
    }
    if (!same || done) {
      announce(stage, found, inputs);
      clear(folder);
    } else {
      LOG.info("{}: goes on where it was interrupted", stage.key());
    }
    Files.createDirectories(folder);
    perform(folder, stage, work, record(stage, inputs, hash));
    return hash;
  }

  private static void announce(Stage stage, JsonNode found, ObjectNode inputs) {
    if (found.isEmpty()) {
      LOG.info("{}: starts", stage.key());
      return;
    }
    List<String> changes = StageFile.differences(found.path("inputs"), inputs);
    if (changes.isEmpty()) {
      LOG.info("{}: redone, as asked for", stage.key());
      return;
    }
    List<String> shown = changes.subList(0, Math.min(DIFFERENCES_SHOWN, changes.size()));
    LOG.warn(
        "{}: redone, since its inputs have changed: {}{}",
        stage.key(),
        String.join("; ", shown),
        changes.size() > shown.size() ? "; and " + (changes.size() - shown.size()) + " more" : "");
  }

  private ObjectNode record(Stage stage, ObjectNode inputs, String hash) {
    ObjectNode record = JSON.createObjectNode();
    record
        .put("stage", stage.key())
        .put("status", "running")
        .put("inputs_sha256", hash)
        .put("seed", seed)
        .put("started", Instant.now().toString());
    record.set("versions", Versions.json());
    record.set("inputs", inputs);
    return record;
  }

  private static void perform(Path folder, Stage stage, Work work, ObjectNode record)
      throws IOException {
    StageFile.write(folder, record);
    PeakMemory.restart();
    long started = System.nanoTime();
    ObjectNode outputs = work.run(folder);
    double seconds = (System.nanoTime() - started) / 1e9;
    record
        .put("status", "done")
        .put("finished", Instant.now().toString())
        .put("seconds", seconds)
        .put("peak_rss_bytes", PeakMemory.bytes());
    record.set("outputs", outputs);
    StageFile.write(folder, record);
    LOG.info("{}: done in {} s", stage.key(), String.format(Locale.ROOT, "%.1f", seconds));
  }

  /** Removes a stage; its record first, so that half a stage never passes for a finished one. */
  static void clear(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    StageFile.remove(folder);
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** The work of a stage. */
  @FunctionalInterface
  interface Work {
    /** Writes files into the stage's folder and returns what people want to know of them. */
    ObjectNode run(Path folder) throws IOException;
  }
}
