package org.pocketdistill.pipeline.job;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.pocketdistill.config.ConfigException;

/** The folder of a run, held by one process at a time. Close it to let others in. */
final class RunFolder implements AutoCloseable {
  private final Path path;
  private final FileChannel lockFile;

  private RunFolder(Path path, FileChannel lockFile) {
    this.path = path;
    this.lockFile = lockFile;
  }

  /**
   * Makes the folder if it is missing and takes its lock.
   *
   * @throws ConfigException if another process works in it, or it cannot be a folder
   */
  static RunFolder open(Path path) throws IOException {
    try {
      Files.createDirectories(path);
    } catch (FileSystemException e) {
      throw new ConfigException(
          path + ": cannot be made the folder of a run (" + e + "); give another output_dir");
    }
    FileChannel channel =
        FileChannel.open(
            path.resolve(".lock"),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    if (!locked(channel)) {
      String owner = read(channel);
      channel.close();
      throw new ConfigException(
          path
              + ": another process (pid "
              + owner
              + ") is working on this run; wait for it or stop it, or give this run another name");
    }
    String pid = Long.toString(ProcessHandle.current().pid());
    channel.truncate(0);
    channel.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.UTF_8)), 0);
    return new RunFolder(path, channel);
  }

  private static boolean locked(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock(Long.MAX_VALUE - 1, 1, false);
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  private static String read(FileChannel channel) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(20);
    channel.read(buffer, 0);
    String pid = new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
    return pid.isEmpty() ? "unknown" : pid;
  }

  Path path() {
    return path;
  }

  Path folder(Stage stage) {
    return path.resolve(stage.folder());
  }

  @Override
  public void close() throws IOException {
    lockFile.close();
  }
}
