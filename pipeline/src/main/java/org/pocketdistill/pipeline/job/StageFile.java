package org.pocketdistill.pipeline.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.pocketdistill.eval.result.AtomicFile;

/** {@code stage.json}: what went into a stage, what came out, and what it took. */
final class StageFile {
  private static final String NAME = "stage.json";
  private static final Pattern HASH = Pattern.compile("^([0-9a-f]{12})[0-9a-f]{52}$");
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);

  private StageFile() {}

  /**
   * The file's content; an empty object if it is missing or broken, so that the stage is redone.
   */
  static JsonNode read(Path folder) throws IOException {
    Path file = folder.resolve(NAME);
    if (!Files.exists(file)) {
      return JSON.createObjectNode();
    }
    byte[] content = Files.readAllBytes(file);
    try {
      return JSON.readTree(content);
    } catch (IOException e) {
      // After a power failure a file can be full of zeros, which is no JSON in any encoding.
      return JSON.createObjectNode();
    }
  }

  static void remove(Path folder) throws IOException {
    Files.deleteIfExists(folder.resolve(NAME));
  }

  static void write(Path folder, ObjectNode content) throws IOException {
    AtomicFile.write(folder.resolve(NAME), content.toPrettyString() + "\n");
  }

  /** SHA-256 of a tree, whatever the order of its keys. */
  static String hash(JsonNode tree) {
    try {
      String canonical = JSON.writeValueAsString(JSON.treeToValue(tree, Object.class));
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(canonical.getBytes(StandardCharsets.UTF_8)));
    } catch (JsonProcessingException | NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What differs between two trees: {@code key: was …, is …}. */
  static List<String> differences(JsonNode was, JsonNode is) {
    Map<String, String> before = leaves(was);
    Map<String, String> after = leaves(is);
    List<String> found = new ArrayList<>();
    TreeMap<String, String> all = new TreeMap<>(before);
    all.putAll(after);
    for (String key : all.keySet()) {
      String old = before.getOrDefault(key, "absent");
      String now = after.getOrDefault(key, "absent");
      if (!old.equals(now)) {
        found.add(key + ": was " + old + ", is " + now);
      }
    }
    return found;
  }

  private static Map<String, String> leaves(JsonNode tree) {
    Map<String, String> leaves = new TreeMap<>();
    collect(tree, "", leaves);
    return leaves;
  }

  private static void collect(JsonNode node, String path, Map<String, String> leaves) {
    if (node.isObject()) {
      node.properties()
          .forEach(
              entry ->
                  collect(
                      entry.getValue(),
                      path.isEmpty() ? entry.getKey() : path + "." + entry.getKey(),
                      leaves));
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        collect(node.get(i), path + "." + i, leaves);
      }
    } else {
      leaves.put(path, HASH.matcher(node.asText()).replaceFirst("$1…"));
    }
  }
}
