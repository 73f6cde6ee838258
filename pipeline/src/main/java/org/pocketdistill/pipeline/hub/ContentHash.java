package org.pocketdistill.pipeline.hub;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The hash by which the hub names the content of a file: SHA-256 of large files, and for others
 * git's: SHA-1 of {@code "blob " + size + "\0"} and the content.
 *
 * @param hex digits, which also name the file in the cache
 */
record ContentHash(String hex) {
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern SHA1 = Pattern.compile("[0-9a-f]{40}");
  private static final int BUFFER = 1 << 20;

  /** Reads an ETag; empty if it is no hash. */
  static Optional<ContentHash> ofEtag(String etag) {
    String hex = etag.strip().replaceFirst("^W/", "").replace("\"", "");
    boolean hash = SHA256.matcher(hex).matches() || SHA1.matcher(hex).matches();
    return hash ? Optional.of(new ContentHash(hex)) : Optional.empty();
  }

  boolean isSha256() {
    return SHA256.matcher(hex).matches();
  }

  /** Name of the hash, for messages. */
  String algorithm() {
    return isSha256() ? "SHA-256" : "git's SHA-1";
  }

  /** The hash of this kind of a file. */
  String of(Path file) throws IOException {
    MessageDigest digest = digest();
    if (!isSha256()) {
      digest.update(("blob " + Files.size(file) + "\0").getBytes(StandardCharsets.UTF_8));
    }
    byte[] buffer = new byte[BUFFER];
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private MessageDigest digest() {
    try {
      return MessageDigest.getInstance(isSha256() ? "SHA-256" : "SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
