package org.pocketdistill.pipeline.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import org.pocketdistill.eval.result.AtomicFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cache of a repository, in the layout of huggingface_hub:
 *
 * <pre>
 * models--owner--name/blobs/HASH                    contents
 * models--owner--name/refs/REVISION                 the commit that a branch or tag was
 * models--owner--name/snapshots/COMMIT/config.json  link to ../../blobs/HASH
 * .locks/models--owner--name/HASH.lock
 * </pre>
 */
final class HubCache {
  private static final Logger LOG = LoggerFactory.getLogger("hub");
  private static final long LONGEST_REF = 200;
  private static final long LOCK_POLL_MILLIS = 100;
  private static final Duration LOCK_NOTE = Duration.ofSeconds(10);

  private final HubSettings settings;
  private final HubReference reference;
  private final String folderName;
  private final Path folder;

  HubCache(HubSettings settings, HubReference reference) {
    this.settings = settings;
    this.reference = reference;
    this.folderName = "models--" + reference.owner() + "--" + reference.name();
    this.folder = settings.cache().resolve(folderName);
  }

  /** The folder of all caches. */
  Path root() {
    return settings.cache();
  }

  Path blob(ContentHash hash) {
    return folder.resolve("blobs").resolve(hash.hex());
  }

  Path snapshot(String commit) {
    return folder.resolve("snapshots").resolve(commit);
  }

  /** The commit that the revision was when it was last looked up. */
  Optional<String> knownCommit() throws IOException {
    if (HubReference.isCommit(reference.revision())) {
      return Optional.of(reference.revision());
    }
    Path ref = ref();
    if (!Files.isRegularFile(ref) || Files.size(ref) > LONGEST_REF) {
      return Optional.empty();
    }
    String commit = new String(Files.readAllBytes(ref), StandardCharsets.ISO_8859_1).strip();
    return Optional.of(commit).filter(HubReference::isCommit);
  }

  private Path ref() {
    return folder.resolve("refs").resolve(reference.revision());
  }

  /** Notes which commit the revision is. The files are there, so a failure is no reason to stop. */
  void remember(String commit) {
    try {
      if (!reference.revision().equals(commit) && !knownCommit().equals(Optional.of(commit))) {
        AtomicFile.write(ref(), commit);
      }
    } catch (IOException e) {
      LOG.warn("{}: {} cannot be written ({})", reference, ref(), HubErrors.reason(e));
    }
  }

  /** Makes the folders for a snapshot. */
  void prepare(String commit) throws IOException {
    Files.createDirectories(folder.resolve("blobs"));
    Files.createDirectories(snapshot(commit));
  }

  /**
   * Puts a blob into a snapshot: a relative link, or the file itself where there are no links.
   *
   * @param fresh whether no other snapshot can need the blob
   */
  void place(HubFile file, String commit, boolean fresh) throws IOException {
    Path target = snapshot(commit).resolve(file.path());
    Path blob = blob(file.hash());
    Files.createDirectories(target.getParent());
    if (settings.symlinks() && linked(target, blob)) {
      return;
    }
    if (fresh) {
      Files.move(blob, target, StandardCopyOption.ATOMIC_MOVE);
    } else {
      Path temporary = target.resolveSibling(target.getFileName() + ".tmp");
      Files.copy(blob, temporary, StandardCopyOption.REPLACE_EXISTING);
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private static boolean linked(Path target, Path blob) throws IOException {
    try {
      Files.createSymbolicLink(target, target.getParent().relativize(blob));
      return true;
    } catch (FileAlreadyExistsException e) {
      if (Files.exists(target)) {
        return true;
      }
      // A link whose blob has gone: made anew.
      Files.delete(target);
      return linked(target, blob);
    } catch (IOException | UnsupportedOperationException e) {
      LOG.debug("no link {}: {}", target, e.toString());
      return false;
    }
  }

  /**
   * Takes the lock of a blob, waiting until others have left it. Python's flock and Java's fcntl do
   * not see each other on every system; files are checked after they were written, so that two
   * writers cost time and never a wrong file.
   */
  FileChannel lock(ContentHash hash) throws IOException {
    Path file = root().resolve(".locks").resolve(folderName).resolve(hash.hex() + ".lock");
    Files.createDirectories(file.getParent());
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      long noted = System.nanoTime();
      while (!isLocked(channel)) {
        if (System.nanoTime() - noted > LOCK_NOTE.toNanos()) {
          LOG.info("{}: waits for another process that is downloading it ({})", reference, file);
          noted = System.nanoTime();
        }
        Thread.sleep(LOCK_POLL_MILLIS);
      }
      return channel;
    } catch (InterruptedException e) {
      channel.close();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for " + file, e);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** The lock lives as long as the channel. */
  private static boolean isLocked(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  /** SHA-256 of a file in a snapshot, if its link tells. */
  static Optional<String> sha256(Path file) throws IOException {
    if (!Files.isSymbolicLink(file)) {
      return Optional.empty();
    }
    Path blob = Files.readSymbolicLink(file);
    boolean ours = blob.getParent() != null && blob.getParent().endsWith("blobs");
    return Optional.of(blob.getFileName().toString())
        .filter(name -> ours && ContentHash.ofEtag(name).filter(ContentHash::isSha256).isPresent());
  }
}
