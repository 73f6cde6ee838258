package org.pocketdistill.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * Which file was read, and how much of it: provenance for what is made from it.
 *
 * @param file its path, as it was opened
 * @param sha256 SHA-256 of the file as it lies on the disk, in hexadecimal
 * @param bytes its size on the disk
 * @param rows rows taken from it, or written to it
 * @param badLines lines skipped as bad
 */
public record DatasetManifest(String file, String sha256, long bytes, long rows, long badLines) {
  /**
   * Reads the file once to hash it.
   *
   * @throws DataException if it cannot be read
   */
  public static DatasetManifest of(Path file, long rows, long badLines) {
    MessageDigest digest = StableHash.sha256();
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      byte[] buffer = new byte[1 << 16];
      long bytes = 0;
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        bytes += read;
      }
      String sha256 = HexFormat.of().formatHex(digest.digest());
      return new DatasetManifest(file.toString(), sha256, bytes, rows, badLines);
    } catch (IOException e) {
      throw DataFile.unreadable(file, e);
    }
  }
}
