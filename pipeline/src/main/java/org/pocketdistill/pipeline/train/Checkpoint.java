package org.pocketdistill.pipeline.train;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.safetensors.Dtype;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.pipeline.safetensors.SafetensorsWriter;
import org.pocketdistill.pipeline.safetensors.TensorInfo;
import org.pocketdistill.pipeline.torch.ArrayFiller;

/**
 * Everything a training needs to go on as if it had never stopped: parameters, moments and the
 * number of steps done. Data order and random draws follow from seed and step.
 *
 * <p>A folder {@code checkpoint-STEP}, complete or absent: it is written under another name and
 * renamed, and renamed again before it is removed. Older ones stay until a step has been computed
 * with the newest ({@link #confirm}), for an update can ruin the weights that it saves.
 */
final class Checkpoint {
  private static final String PREFIX = "checkpoint-";
  private static final String TENSORS = "state.safetensors";
  private static final String STATE = "trainer_state.json";
  private static final String UNFINISHED = ".tmp";
  private static final String DOOMED = ".old";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;

  /** Checkpoints in a folder, which exists. */
  Checkpoint(Path folder) {
    this.folder = folder;
  }

  /** Number of steps of the newest complete checkpoint. */
  Optional<Long> newest() throws IOException {
    return all().stream().map(Checkpoint::step).max(Comparator.naturalOrder());
  }

  /** Saves the state after {@code step} steps. */
  Path save(long step, Map<String, NDArray> state) throws IOException {
    Path target = folder.resolve(PREFIX + step);
    Path temporary = sibling(target, UNFINISHED);
    List<Path> older = all();
    try {
      delete(temporary);
      Files.createDirectory(temporary);
      write(temporary, step, state);
      remove(target);
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      return target;
    } catch (IOException e) {
      throw unwritten(target, older, e);
    }
  }

  private static IOException unwritten(Path target, List<Path> older, IOException cause) {
    String kept =
        older.isEmpty()
            ? "there is no earlier one"
            : "the earlier one is intact: " + older.get(older.size() - 1);
    IOException failure =
        new IOException(
            "checkpoint %s could not be written (%s); %s"
                .formatted(target, cause.getMessage(), kept),
            cause);
    try {
      delete(sibling(target, UNFINISHED));
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
    return failure;
  }

  /** The newest checkpoint has proved good: older ones are removed. */
  void confirm() throws IOException {
    List<Path> all = all();
    for (Path path : all.subList(0, Math.max(0, all.size() - 1))) {
      remove(path);
    }
  }

  /** Removes the checkpoint of a step, if there is one: its weights are ruined. */
  void discard(long step) throws IOException {
    remove(folder.resolve(PREFIX + step));
  }

  private static void write(Path target, long step, Map<String, NDArray> state) throws IOException {
    List<TensorInfo> tensors = new ArrayList<>();
    state.forEach(
        (name, array) -> tensors.add(TensorInfo.of(name, Dtype.F32, array.getShape().getShape())));
    SafetensorsWriter.write(
        target.resolve(TENSORS), tensors, info -> state.get(info.name()).toByteBuffer(false));
    ObjectNode json = JSON.createObjectNode().put("global_step", step);
    Files.writeString(target.resolve(STATE), json.toPrettyString());
  }

  /** Copies the newest state into the arrays, which have the names it was saved under. */
  long restore(Map<String, NDArray> state) throws IOException {
    Path source = folder.resolve(PREFIX + newest().orElseThrow());
    try (SafetensorsFile file = SafetensorsFile.open(source.resolve(TENSORS));
        ArrayFiller filler = new ArrayFiller()) {
      for (Map.Entry<String, NDArray> entry : state.entrySet()) {
        String name = entry.getKey();
        NDArray target = entry.getValue();
        TensorInfo info = file.contains(name) ? file.info(name) : null;
        if (info == null || info.elements() != target.size()) {
          throw new DataException(
              "%s: tensor '%s': %s, expected shape %s; the checkpoint is of another model: delete it"
                  .formatted(file.path(), name, info, target.getShape()));
        }
        filler.fill(target, (first, block) -> file.floats(name, first, block));
      }
    }
    return step(source);
  }

  private List<Path> all() throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> paths = Files.newDirectoryStream(folder, PREFIX + "*")) {
      for (Path path : paths) {
        if (path.getFileName().toString().matches(PREFIX + "\\d{1,18}")) {
          found.add(path);
        }
      }
    }
    found.sort(Comparator.comparingLong(Checkpoint::step));
    return found;
  }

  private static long step(Path path) {
    return Long.parseLong(path.getFileName().toString().substring(PREFIX.length()));
  }

  /** Removes all checkpoints, after a training has ended and its result is saved. */
  void clear() throws IOException {
    for (Path path : all()) {
      remove(path);
    }
    try (DirectoryStream<Path> rest = Files.newDirectoryStream(folder, PREFIX + "*")) {
      for (Path path : rest) {
        delete(path);
      }
    }
  }

  private static Path sibling(Path checkpoint, String suffix) {
    return checkpoint.resolveSibling(checkpoint.getFileName() + suffix);
  }

  /** Renames a checkpoint first: killed half-way, this leaves no half of one to go on from. */
  private static void remove(Path checkpoint) throws IOException {
    if (Files.exists(checkpoint)) {
      Path doomed = sibling(checkpoint, DOOMED);
      delete(doomed);
      Files.move(checkpoint, doomed, StandardCopyOption.ATOMIC_MOVE);
      delete(doomed);
    }
  }

  private static void delete(Path path) throws IOException {
    if (!Files.exists(path)) {
      return;
    }
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** Names of the state's arrays: what is trained, and moments. */
  static Map<String, NDArray> state(Optimizer optimizer) {
    Map<String, NDArray> state = new LinkedHashMap<>(optimizer.trained());
    state.putAll(optimizer.state());
    return state;
  }
}
