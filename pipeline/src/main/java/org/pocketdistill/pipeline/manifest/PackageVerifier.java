package org.pocketdistill.pipeline.manifest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.pocketdistill.pipeline.manifest.Finding.Missing;
import org.pocketdistill.pipeline.manifest.Finding.Swapped;
import org.pocketdistill.pipeline.manifest.Finding.Unknown;
import org.pocketdistill.pipeline.manifest.Finding.WrongContent;
import org.pocketdistill.pipeline.manifest.Finding.WrongSize;

/** Compares a package with its manifest, byte by byte. */
public final class PackageVerifier {
  private final Path folder;
  private final PackageManifest manifest;
  private final ByteProgress progress;
  private final Map<String, PackageFile> byPath = new TreeMap<>();

  private PackageVerifier(Path folder, PackageManifest manifest, ByteProgress progress) {
    this.folder = folder;
    this.manifest = manifest;
    this.progress = progress;
    manifest.files().forEach(file -> byPath.put(file.path(), file));
  }

  /**
   * Everything that is not as the manifest says, in the order of the manifest and then files that
   * it does not know; empty if the package is whole.
   *
   * @param progress is told of every byte that was read; all in all {@link PackageManifest#bytes}
   *     if nothing is wrong
   */
  public static List<Finding> verify(Path folder, PackageManifest manifest, ByteProgress progress)
      throws IOException {
    return new PackageVerifier(folder, manifest, progress).all();
  }

  private List<Finding> all() throws IOException {
    List<Finding> findings = new ArrayList<>();
    for (PackageFile file : manifest.files()) {
      check(file).ifPresent(findings::add);
    }
    for (String path : PackageManifest.paths(folder)) {
      if (!byPath.containsKey(path)) {
        findings.add(stranger(path));
      }
    }
    return findings;
  }

  /** What a look at the file's size tells. */
  static Optional<Finding> size(Path folder, PackageFile file) throws IOException {
    Path path = folder.resolve(file.path());
    if (!Files.isRegularFile(path)) {
      return Optional.of(new Missing(file.path(), file.bytes()));
    }
    long found = Files.size(path);
    return found == file.bytes()
        ? Optional.empty()
        : Optional.of(new WrongSize(file.path(), found, file.bytes()));
  }

  private Optional<Finding> check(PackageFile file) throws IOException {
    Optional<Finding> size = size(folder, file);
    if (size.isPresent()) {
      return size.get() instanceof WrongSize
          ? swapped(file.path()).map(Finding.class::cast).or(() -> size)
          : size;
    }
    FileHashes found = FileHashes.of(folder.resolve(file.path()), progress);
    if (file.has(found)) {
      return Optional.empty();
    }
    if (file.sha256().equals(found.sha256())) {
      return Optional.of(new WrongContent(file.path(), "MD5", found.md5(), file.md5()));
    }
    Optional<Finding> other = owner(file.path(), found).map(Finding.class::cast);
    return other.or(
        () -> Optional.of(new WrongContent(file.path(), "SHA-256", found.sha256(), file.sha256())));
  }

  private Finding stranger(String path) throws IOException {
    Optional<Swapped> swapped = swapped(path);
    return swapped.isPresent() ? swapped.get() : new Unknown(path);
  }

  /** Reads a file of a wrong size or name only if some file of the package has its size. */
  private Optional<Swapped> swapped(String path) throws IOException {
    long size = Files.size(folder.resolve(path));
    boolean possible = manifest.files().stream().anyMatch(file -> file.bytes() == size);
    return possible && size > 0
        ? owner(path, FileHashes.of(folder.resolve(path), ByteProgress.NONE))
        : Optional.empty();
  }

  private Optional<Swapped> owner(String path, FileHashes found) {
    return manifest.files().stream()
        .filter(file -> file.has(found))
        .findFirst()
        .map(file -> new Swapped(path, file.path(), found.sha256()));
  }
}
