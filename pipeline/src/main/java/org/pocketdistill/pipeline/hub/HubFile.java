package org.pocketdistill.pipeline.hub;

import java.io.IOException;
import java.net.http.HttpHeaders;
import java.util.Optional;

/**
 * A file of a repository, as the hub describes it.
 *
 * @param path below the repository's root
 * @param size in bytes
 */
record HubFile(String path, ContentHash hash, long size) {
  /**
   * Reads the headers of an answer to HEAD.
   *
   * @throws HubException if they do not say commit, hash and size
   */
  static HubFile of(String path, String commit, HttpHeaders headers, HubErrors errors)
      throws IOException {
    String found = headers.firstValue("X-Repo-Commit").orElse("none");
    if (!found.equals(commit)) {
      throw errors.noHub(
          "%s: X-Repo-Commit '%s', expected '%s'".formatted(path, HubErrors.clean(found), commit));
    }
    String etag =
        headers.firstValue("X-Linked-Etag").or(() -> headers.firstValue("ETag")).orElse("none");
    ContentHash hash =
        ContentHash.ofEtag(etag)
            .orElseThrow(
                () ->
                    errors.noHub(
                        "%s: ETag '%s', expected a SHA-1 or SHA-256 to check the file with"
                            .formatted(path, HubErrors.clean(etag))));
    Optional<String> size =
        headers.firstValue("X-Linked-Size").or(() -> ownLength(headers)).map(String::strip);
    if (!size.orElse("none").matches("\\d{1,18}")) {
      throw errors.noHub(
          "%s: a size of '%s' bytes".formatted(path, HubErrors.clean(size.orElse("none"))));
    }
    return new HubFile(path, hash, Long.parseLong(size.get()));
  }

  /** The length of a redirect's answer is not that of the file. */
  private static Optional<String> ownLength(HttpHeaders headers) {
    return headers.firstValue("Location").isPresent()
        ? Optional.empty()
        : headers.firstValue("Content-Length");
  }
}
