package org.pocketdistill.pipeline.hub;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.pocketdistill.config.Nearest;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.safetensors.StrictJson;

/** Which files of a repository make up a model; the same weights in other formats do not. */
final class ModelFiles {
  static final String CONFIG = "config.json";
  static final String WEIGHTS = "model.safetensors";
  static final String INDEX = "model.safetensors.index.json";
  private static final List<String> BESIDE_CONFIG =
      List.of(
          "generation_config.json",
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "chat_template.jinja");
  private static final String WEIGHT_ENDINGS =
      ".*\\.(gguf|safetensors|bin|pt|pth|onnx|h5|msgpack|ot|tflite|mlmodel)";
  private static final long LONGEST_INDEX = 100_000_000;
  private static final int MOST_NAMED = 8;

  private ModelFiles() {}

  /**
   * The files to begin with, in the order in which they are fetched: all but the weights, or the
   * one file that was asked for.
   *
   * @param listed all files of the repository
   * @throws DataException if they are no model that can be loaded
   */
  static List<String> first(HubReference reference, Set<String> listed) {
    if (reference.file().isPresent()) {
      requireListed(reference, reference.file().get(), listed);
      return List.of(reference.file().get());
    }
    List<String> gguf = listed.stream().filter(HubReference::isGguf).toList();
    boolean weights = listed.contains(WEIGHTS) || listed.contains(INDEX);
    if (!weights || !listed.contains(CONFIG)) {
      String lacks = weights ? CONFIG : WEIGHTS + " or " + INDEX;
      String advice =
          gguf.isEmpty()
              ? "expected a model with safetensors or a GGUF file"
              : "name a GGUF file: " + reference.withFile(gguf.get(0));
      throw new DataException(
          "%s: the repository has no %s; it has %s; %s"
              .formatted(reference, lacks, named(weightFiles(listed)), advice));
    }
    List<String> files = new ArrayList<>(List.of(CONFIG));
    BESIDE_CONFIG.stream().filter(listed::contains).forEach(files::add);
    if (!listed.contains(WEIGHTS)) {
      files.add(INDEX);
    }
    return files;
  }

  private static void requireListed(HubReference reference, String file, Set<String> listed) {
    if (listed.contains(file)) {
      return;
    }
    List<String> gguf = listed.stream().filter(HubReference::isGguf).toList();
    String hint =
        gguf.isEmpty()
            ? "it has no GGUF file, but " + named(weightFiles(listed))
            : Nearest.hint(file, gguf);
    throw new DataException(
        "%s: the repository has no file '%s'; %s".formatted(reference, file, hint));
  }

  private static List<String> weightFiles(Set<String> listed) {
    return listed.stream().filter(file -> file.matches(WEIGHT_ENDINGS)).toList();
  }

  private static String named(Collection<String> files) {
    if (files.isEmpty()) {
      return "no weights";
    }
    String names = String.join(", ", files.stream().limit(MOST_NAMED).toList());
    int more = files.size() - MOST_NAMED;
    return more > 0 ? names + " and " + more + " more" : names;
  }

  /**
   * The weights that go with the first files.
   *
   * @param folder where those are
   * @throws DataException if the index is no index
   */
  static List<String> weights(HubReference reference, Collection<String> first, Path folder)
      throws IOException {
    if (reference.file().isPresent()) {
      return List.of();
    }
    return first.contains(INDEX) ? shards(folder.resolve(INDEX)) : List.of(WEIGHTS);
  }

  private static List<String> shards(Path index) throws IOException {
    JsonNode weightMap = StrictJson.readObject(index, LONGEST_INDEX).path("weight_map");
    Set<String> shards = new TreeSet<>();
    for (JsonNode value : weightMap) {
      String shard = value.asText();
      if (!SafePath.isSafe(shard) || shard.contains("/") || !shard.endsWith(".safetensors")) {
        throw new DataException(
            "%s: shard '%s', expected a file name ending in .safetensors, without folder"
                .formatted(index, HubErrors.clean(shard)));
      }
      shards.add(shard);
    }
    if (shards.isEmpty()) {
      throw new DataException(index + ": expected an object 'weight_map', tensor to file name");
    }
    return List.copyOf(shards);
  }

  /** The files of a model that a snapshot holds, or what it lacks. */
  static Held held(HubReference reference, Path snapshot) throws IOException {
    Predicate<String> there = file -> Files.isRegularFile(snapshot.resolve(file));
    List<String> wanted = new ArrayList<>();
    if (reference.file().isPresent()) {
      wanted.add(reference.file().get());
    } else {
      wanted.add(CONFIG);
      BESIDE_CONFIG.stream().filter(there).forEach(wanted::add);
      boolean sharded = !there.test(WEIGHTS) && there.test(INDEX);
      if (sharded) {
        wanted.add(INDEX);
      }
      wanted.addAll(weights(reference, wanted, snapshot));
    }
    return new Held(wanted, wanted.stream().filter(there.negate()).findFirst());
  }

  /**
   * What of a model is there.
   *
   * @param files all of it
   * @param missing a file that is not there
   */
  record Held(List<String> files, Optional<String> missing) {}
}
