package org.pocketdistill.pipeline.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A model on this machine.
 *
 * @param path its folder, or its one file
 * @param files what it consists of, folders left out
 * @param commit of the hub, where it came from there
 */
public record LocalModel(Path path, List<Path> files, Optional<String> commit) {
  public LocalModel {
    files = List.copyOf(files);
  }

  /** A model that is the user's own: every file of a folder, or one file. */
  static LocalModel own(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return new LocalModel(path, List.of(path), Optional.empty());
    }
    try (Stream<Path> files = Files.list(path)) {
      return new LocalModel(
          path, files.filter(Files::isRegularFile).sorted().toList(), Optional.empty());
    }
  }

  /** SHA-256 of a file, where the hub has said it and it need not be computed. */
  public Optional<String> knownSha256(Path file) throws IOException {
    return commit.isPresent() ? HubCache.sha256(file) : Optional.empty();
  }
}
