package org.pocketdistill.pipeline.onnx;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.pipeline.model.LowRankUpdate;

/**
 * An adapter that is shipped beside a graph, to be switched on at run time.
 *
 * @param name its file is {@code adapters/NAME.onnx_adapter}
 */
public record OnnxAdapter(String name, List<LowRankUpdate> updates) {
  /** Folder of a package that has the files. */
  public static final String FOLDER = "adapters";

  private static final String SUFFIX = ".onnx_adapter";

  public OnnxAdapter {
    updates = List.copyOf(updates);
  }

  /** The package that a file is an adapter of; empty if it is called otherwise. */
  public static Optional<Path> packageOf(Path path) {
    if (!String.valueOf(path.getFileName()).endsWith(SUFFIX)) {
      return Optional.empty();
    }
    return Optional.ofNullable(path.toAbsolutePath().normalize().getParent())
        .map(Path::getParent)
        .filter(folder -> Files.exists(folder.resolve(GenAiConfig.FILE_NAME)));
  }

  /** Path of an adapter's file in a package. */
  public static String path(String name) {
    return FOLDER + "/" + name + SUFFIX;
  }
}
