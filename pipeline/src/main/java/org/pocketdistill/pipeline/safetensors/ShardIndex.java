package org.pocketdistill.pipeline.safetensors;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.Set;
import java.util.TreeMap;
import org.pocketdistill.data.DataException;

/**
 * The checked {@code model.safetensors.index.json} of a folder.
 *
 * @param file of the index
 * @param shards tensor names by file name
 */
record ShardIndex(Path file, Map<String, List<String>> shards) {
  static final String SINGLE_FILE = "model.safetensors";
  private static final String INDEX_FILE = "model.safetensors.index.json";
  private static final long MAX_BYTES = 100_000_000;

  static ShardIndex read(Path folder) throws IOException {
    Path file = folder.resolve(INDEX_FILE);
    if (!Files.exists(file)) {
      throw new DataException(
          "%s: expected %s or %s in it%s"
              .formatted(folder, SINGLE_FILE, INDEX_FILE, pickleHint(folder)));
    }
    JsonNode weightMap = StrictJson.readObject(file, MAX_BYTES).path("weight_map");
    if (!weightMap.isObject() || weightMap.isEmpty()) {
      throw new DataException(file + ": expected an object 'weight_map', tensor to file name");
    }
    Map<String, List<String>> shards = new TreeMap<>();
    for (Entry<String, JsonNode> field : weightMap.properties()) {
      String shard = shardName(file, field.getKey(), field.getValue());
      shards.computeIfAbsent(shard, s -> new ArrayList<>()).add(field.getKey());
    }
    for (Entry<String, List<String>> shard : shards.entrySet()) {
      if (!Files.isRegularFile(folder.resolve(shard.getKey()))) {
        throw new DataException(
            "%s: names shard '%s' for tensor '%s', which is not in the folder"
                .formatted(file, shard.getKey(), shard.getValue().get(0)));
      }
    }
    return new ShardIndex(file, shards);
  }

  private static String pickleHint(Path folder) {
    for (String name : List.of("pytorch_model.bin", "pytorch_model.bin.index.json")) {
      if (Files.exists(folder.resolve(name))) {
        return "; %s is a pickle, which can run code and is not read: have the model saved as safetensors"
            .formatted(name);
      }
    }
    return "";
  }

  /** A plain file name, so that an index cannot reach outside its folder. */
  private static String shardName(Path index, String tensor, JsonNode value) {
    String name = value.asText();
    boolean plain =
        value.isTextual()
            && name.endsWith(".safetensors")
            && name.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ');
    if (!plain) {
      throw new DataException(
          "%s: tensor '%s': shard %s, expected a file name ending in .safetensors, without folder"
              .formatted(index, tensor, value));
    }
    return name;
  }

  /** Compares what a shard holds with what the index says it holds. */
  void check(String shard, List<String> held) {
    List<String> expected = shards.get(shard);
    Set<String> missing = new HashSet<>(expected);
    held.forEach(missing::remove);
    if (!missing.isEmpty()) {
      throw new DataException(
          "%s: names tensor '%s' in '%s', which does not hold it"
              .formatted(file, missing.stream().sorted().findFirst().get(), shard));
    }
    Set<String> known = new HashSet<>(expected);
    for (String name : held) {
      if (!known.contains(name)) {
        throw new DataException(
            "%s: does not name tensor '%s' of '%s'%s"
                .formatted(file, name, shard, elsewhere(name)));
      }
    }
  }

  private String elsewhere(String tensor) {
    return shards.entrySet().stream()
        .filter(shard -> shard.getValue().contains(tensor))
        .findFirst()
        .map(shard -> ", but in '" + shard.getKey() + "': a tensor must be in one shard only")
        .orElse("");
  }
}
