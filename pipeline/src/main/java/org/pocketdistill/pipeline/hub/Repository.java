package org.pocketdistill.pipeline.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.pocketdistill.data.DataException;

/**
 * A repository at a commit.
 *
 * @param commit its SHA-1
 * @param files paths of all its files
 */
record Repository(String commit, Set<String> files) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LONGEST_LISTING = 64_000_000;

  /**
   * Reads the answer to {@code GET /api/models/NAME/revision/REVISION}.
   *
   * @throws HubException if it is none
   * @throws DataException if a file's name would lead out of its folder
   */
  static Repository read(InputStream answer, HubErrors errors) throws IOException {
    byte[] bytes = answer.readNBytes(LONGEST_LISTING + 1);
    if (bytes.length > LONGEST_LISTING) {
      throw errors.noHub("a list of files of more than " + LONGEST_LISTING + " bytes");
    }
    JsonNode root = parse(bytes, errors);
    String commit = root.path("sha").asText();
    if (!HubReference.isCommit(commit)) {
      throw errors.noHub("sha '" + HubErrors.clean(commit) + "', expected 40 hex digits");
    }
    if (!root.path("siblings").isArray()) {
      throw errors.noHub("no list 'siblings' of files");
    }
    Set<String> files = new TreeSet<>();
    for (JsonNode sibling : root.path("siblings")) {
      String file = sibling.path("rfilename").asText();
      List<String> parts = List.of(file.split("[/\\\\]", -1));
      if (parts.get(0).isEmpty() || parts.contains("..")) {
        throw new DataException(
            "%s: the repository lists a file '%s', whose name leads out of its folder; it is not to be trusted"
                .formatted(errors.subject(), HubErrors.clean(file)));
      }
      if (SafePath.isSafe(file)) {
        files.add(file);
      }
    }
    return new Repository(commit, files);
  }

  private static JsonNode parse(byte[] bytes, HubErrors errors) throws IOException {
    try {
      return JSON.readTree(bytes);
    } catch (JsonProcessingException e) {
      throw errors.noHub("its list of files is no JSON");
    }
  }
}
