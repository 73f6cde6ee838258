package org.pocketdistill.pipeline.hub;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import org.pocketdistill.config.ConfigException;

/** Where a model is, as users write it: {@code hf://owner/name}, a folder or a file. */
public sealed interface ModelLocation {
  /**
   * Reads a location; nothing is looked up.
   *
   * @throws ConfigException if it is neither a reference to the hub nor a path
   */
  static ModelLocation parse(String text) {
    if (text.startsWith(HubReference.SCHEME)) {
      return new OnHub(HubReference.parse(text));
    }
    if (text.matches("(?i)(https?|hf):.*")) {
      throw new ConfigException(
          "'" + text + "': a model on the hub is written hf://owner/name, others are paths");
    }
    try {
      if (!text.isBlank()) {
        return new OnDisk(Path.of(text));
      }
    } catch (InvalidPathException e) {
      throw new ConfigException("'" + text + "' is not a path: " + e.getReason());
    }
    throw new ConfigException("'" + text + "', expected a path or hf://owner/name");
  }

  /**
   * The model on this machine; fetched if it is on the hub and not here.
   *
   * @throws org.pocketdistill.data.DataException if it cannot be had, with what to do
   */
  LocalModel fetch(Hub hub) throws IOException;

  /** A short name, for tables. */
  String modelName();

  /** The model if it is on this machine already; the hub is not asked. */
  Optional<LocalModel> local(Hub hub) throws IOException;

  /** A path, whether or not something is there. */
  record OnDisk(Path path) implements ModelLocation {
    @Override
    public LocalModel fetch(Hub hub) throws IOException {
      return LocalModel.own(path);
    }

    @Override
    public Optional<LocalModel> local(Hub hub) throws IOException {
      return Optional.of(LocalModel.own(path));
    }

    @Override
    public String modelName() {
      return path.toAbsolutePath().normalize().getFileName().toString();
    }

    @Override
    public String toString() {
      return path.toString();
    }
  }

  /** A model on the hub. */
  record OnHub(HubReference reference) implements ModelLocation {
    @Override
    public LocalModel fetch(Hub hub) throws IOException {
      return hub.fetch(reference);
    }

    @Override
    public Optional<LocalModel> local(Hub hub) throws IOException {
      return hub.cached(reference);
    }

    @Override
    public String modelName() {
      return reference.file().map(file -> file.replaceFirst(".*/", "")).orElse(reference.name());
    }

    @Override
    public String toString() {
      return reference.toString();
    }
  }
}
