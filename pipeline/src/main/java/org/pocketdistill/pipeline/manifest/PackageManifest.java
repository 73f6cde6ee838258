package org.pocketdistill.pipeline.manifest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.pocketdistill.data.DataException;

/**
 * {@code manifest.json} of a package: every other file in it with its size, MD5 and SHA-256, and
 * where the package comes from. {@code configs/schema/manifest.schema.json} describes the file.
 *
 * <p>The SHA-256 of the whole package is that of a text in UTF-8 with a line for each file, ordered
 * by the bytes of their paths in UTF-8: the file's SHA-256, two spaces, its path, a line feed. That
 * is what {@code sha256sum} prints, so this command in the package's folder computes it:
 *
 * <pre>
 * find . -type f ! -path ./manifest.json -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' sha256sum | sha256sum
 * </pre>
 *
 * @param provenance what was packaged and how, for example {@code model} and {@code precision}
 * @param files ordered by path; {@code manifest.json} itself is not among them
 */
public record PackageManifest(Map<String, String> provenance, List<PackageFile> files) {
  /** Name of the file in a package. */
  public static final String FILE_NAME = "manifest.json";

  private static final Comparator<String> BY_BYTES =
      Comparator.comparing(path -> path.getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

  /** Keeps copies in their order. */
  public PackageManifest {
    provenance = Map.copyOf(provenance);
    files = files.stream().sorted(Comparator.comparing(PackageFile::path, BY_BYTES)).toList();
  }

  /** Reads and hashes everything in a folder. */
  public static PackageManifest of(Path folder, Map<String, String> provenance) throws IOException {
    List<PackageFile> files = new ArrayList<>();
    for (String path : paths(folder)) {
      files.add(PackageFile.of(folder, path));
    }
    return new PackageManifest(provenance, files);
  }

  /** Relative paths of the files in a folder and below, but for its manifest. */
  static List<String> paths(Path folder) throws IOException {
    try (Stream<Path> found = Files.walk(folder)) {
      return found
          .filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString().replace('\\', '/'))
          .filter(path -> !path.equals(FILE_NAME))
          .sorted(BY_BYTES)
          .toList();
    }
  }

  /** SHA-256 of the whole package; see above. */
  public String sha256() {
    StringBuilder lines = new StringBuilder();
    files.forEach(
        file -> lines.append(file.sha256()).append("  ").append(file.path()).append('\n'));
    return FileHashes.sha256(lines.toString());
  }

  /** Size of all its files. */
  public long bytes() {
    return files.stream().mapToLong(PackageFile::bytes).sum();
  }

  /** Writes the file into a folder. */
  public void write(Path folder) throws IOException {
    Map<String, String> sorted = new TreeMap<>(provenance);
    Files.writeString(folder.resolve(FILE_NAME), ManifestJson.write(sorted, this));
  }

  /**
   * Reads the file of a package.
   *
   * @throws DataException if there is none, or one that is damaged or of another program
   */
  public static PackageManifest read(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new DataException(folder + ": no such folder, expected an exported package");
    }
    return find(folder)
        .orElseThrow(
            () ->
                new DataException(
                    "%s: no %s of PocketDistill in it, so there is nothing to verify it against; export the model again"
                        .formatted(folder, FILE_NAME)));
  }

  /**
   * The manifest of a folder; empty if it has none or one of another program.
   *
   * @throws DataException if it is damaged
   */
  public static Optional<PackageManifest> find(Path folder) throws IOException {
    Path file = folder.resolve(FILE_NAME);
    return Files.isRegularFile(file) ? ManifestJson.read(file) : Optional.empty();
  }

  /**
   * Looks whether every file that the manifest names is there and as long as it should be, without
   * reading it. A folder without a manifest passes.
   *
   * @throws DataException naming the first file that is not
   */
  public static void requireSizes(Path folder) throws IOException {
    Optional<PackageManifest> manifest = find(folder);
    if (manifest.isEmpty()) {
      return;
    }
    for (PackageFile file : manifest.get().files()) {
      Optional<Finding> finding = PackageVerifier.size(folder, file);
      if (finding.isPresent()) {
        throw new DataException(
            "%s; the package is damaged or not copied to its end, run 'distill verify %s'"
                .formatted(finding.get().in(folder), folder));
      }
    }
  }
}
