package org.pocketdistill.pipeline.manifest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file of a package.
 *
 * @param path relative to the package, its parts separated by slashes
 * @param bytes its size
 * @param md5 of its content, in lower-case hexadecimal
 * @param sha256 of its content, in lower-case hexadecimal
 */
public record PackageFile(String path, long bytes, String md5, String sha256) {
  static PackageFile of(Path folder, String path) throws IOException {
    Path file = folder.resolve(path);
    FileHashes hashes = FileHashes.of(file, ByteProgress.NONE);
    return new PackageFile(path, Files.size(file), hashes.md5(), hashes.sha256());
  }

  boolean has(FileHashes hashes) {
    return sha256.equals(hashes.sha256()) && md5.equals(hashes.md5());
  }
}
