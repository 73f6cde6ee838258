package org.pocketdistill.pipeline.cache;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.pocketdistill.config.ConfigException;

/** Holds a folder for one cache at a time; close it to let others in. */
record CacheLock(FileChannel file) implements AutoCloseable {
  /**
   * Takes the lock of a folder.
   *
   * @throws ConfigException if another has it
   */
  static CacheLock take(Path folder) throws IOException {
    FileChannel file =
        FileChannel.open(
            folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (!locked(file)) {
      file.close();
      throw new ConfigException(
          folder
              + ": another run is using this teacher cache; wait for it or stop it, or give another"
              + " distill.cache.dir");
    }
    return new CacheLock(file);
  }

  private static boolean locked(FileChannel file) throws IOException {
    try {
      FileLock lock = file.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
