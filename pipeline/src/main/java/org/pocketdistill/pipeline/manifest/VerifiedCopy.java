package org.pocketdistill.pipeline.manifest;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.pocketdistill.data.DataException;

/**
 * Copies a package and verifies the copy. Until it is whole it is called NAME.part; a copy that was
 * broken off goes on there: files that are complete are kept, one that was begun is continued.
 */
public final class VerifiedCopy {
  /**
   * What was done.
   *
   * @param kept files that were already there, whole
   * @param continued files of which the rest was copied
   * @param copied files that were copied from their beginning
   */
  public record Result(int kept, int continued, int copied) {
    private Result plus(Outcome outcome) {
      return switch (outcome) {
        case KEPT -> new Result(kept + 1, continued, copied);
        case CONTINUED -> new Result(kept, continued + 1, copied);
        case COPIED -> new Result(kept, continued, copied + 1);
      };
    }
  }

  private enum Outcome {
    KEPT,
    CONTINUED,
    COPIED
  }

  private final Path source;
  private final Path partial;
  private final PackageManifest manifest;
  private final ByteProgress progress;

  private VerifiedCopy(Path source, Path partial, PackageManifest manifest, ByteProgress progress) {
    this.source = source;
    this.partial = partial;
    this.manifest = manifest;
    this.progress = progress;
  }

  /** Where the copy is until it is whole. */
  public static Path partial(Path target) {
    return target.resolveSibling(target.getFileName() + ".part");
  }

  /**
   * Copies the package; every file is read again where it was written to, before the copy gets its
   * name.
   *
   * @param target does not exist, or is an empty folder
   * @param progress is told of every byte of the copy that was verified
   * @throws DataException if the source is not as its manifest says; what was copied stays
   */
  public static Result copy(
      Path source, Path target, PackageManifest manifest, ByteProgress progress)
      throws IOException {
    PackageManifest.requireSizes(source);
    Path partial = partial(target);
    Path lock = partial.resolveSibling(partial.getFileName() + ".lock");
    try (FileChannel channel =
        FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      if (!isLocked(channel)) {
        throw new DataException(
            partial + ": another process is copying there; wait for it or stop it");
      }
      Files.createDirectories(partial);
      Result result = new VerifiedCopy(source, partial, manifest, progress).all();
      Files.deleteIfExists(target);
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
      Files.deleteIfExists(lock);
      return result;
    }
  }

  /** Until the channel is closed. */
  private static boolean isLocked(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  private Result all() throws IOException {
    deleteStrangers();
    Result result = new Result(0, 0, 0);
    for (PackageFile file : manifest.files()) {
      result = result.plus(copy(file));
    }
    Files.copy(
        source.resolve(PackageManifest.FILE_NAME),
        partial.resolve(PackageManifest.FILE_NAME),
        StandardCopyOption.REPLACE_EXISTING);
    return result;
  }

  /** What another package's copy has left. */
  private void deleteStrangers() throws IOException {
    Set<String> known =
        manifest.files().stream().map(PackageFile::path).collect(Collectors.toSet());
    for (String path : PackageManifest.paths(partial)) {
      if (!known.contains(path)) {
        Files.delete(partial.resolve(path));
      }
    }
  }

  private Outcome copy(PackageFile file) throws IOException {
    Path to = partial.resolve(file.path());
    Files.createDirectories(to.getParent());
    long there = Files.exists(to) ? Files.size(to) : 0;
    if (Files.exists(to) && there == file.bytes() && isWhole(to, file)) {
      return Outcome.KEPT;
    }
    if (there > 0 && there < file.bytes()) {
      append(file, to, there);
      if (isWhole(to, file)) {
        return Outcome.CONTINUED;
      }
    }
    append(file, to, 0);
    if (!isWhole(to, file)) {
      Files.delete(to);
      throw damaged(file, to);
    }
    return Outcome.COPIED;
  }

  private boolean isWhole(Path copy, PackageFile file) throws IOException {
    return file.has(FileHashes.of(copy, progress));
  }

  /** Writes the source's bytes from {@code start} on; the copy ends where the source does. */
  private void append(PackageFile file, Path to, long start) throws IOException {
    try (FileChannel in = FileChannel.open(source.resolve(file.path()));
        FileChannel out =
            FileChannel.open(to, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      out.truncate(start).position(start);
      long position = start;
      long count = Math.max(0, in.size() - start);
      while (count > 0) { // no more, if the source shrinks meanwhile; the hash will tell
        count = in.transferTo(position, in.size() - position, out);
        position += count;
      }
      out.force(true);
    }
  }

  private DataException damaged(PackageFile file, Path to) throws IOException {
    List<Finding> findings = PackageVerifier.verify(source, manifest, ByteProgress.NONE);
    if (findings.stream().noneMatch(finding -> finding.path().equals(file.path()))) {
      return new DataException(
          to + ": reads other bytes than were written; the disk may be damaged");
    }
    return new DataException(Finding.report(source, findings));
  }
}
