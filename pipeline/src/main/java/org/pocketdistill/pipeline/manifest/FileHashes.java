package org.pocketdistill.pipeline.manifest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Hashes of a file's content in lower-case hexadecimal. MD5 is there for tools that know nothing
 * else; it protects from accidents only.
 *
 * @param md5 32 digits
 * @param sha256 64 digits
 */
record FileHashes(String md5, String sha256) {
  private static final int BLOCK_BYTES = 1 << 20;

  /** Reads the file once. */
  static FileHashes of(Path file, ByteProgress progress) throws IOException {
    MessageDigest md5 = digest("MD5");
    MessageDigest sha256 = digest("SHA-256");
    byte[] block = new byte[BLOCK_BYTES];
    try (InputStream in = Files.newInputStream(file)) {
      for (int count = in.read(block); count >= 0; count = in.read(block)) {
        md5.update(block, 0, count);
        sha256.update(block, 0, count);
        progress.add(count);
      }
    }
    return new FileHashes(hex(md5.digest()), hex(sha256.digest()));
  }

  /** SHA-256 of a text in UTF-8. */
  static String sha256(String text) {
    return hex(digest("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has " + algorithm, e);
    }
  }
}
