package org.pocketdistill.tokenize.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.pocketdistill.tokenize.gguf.GgufVocabulary.Flags;
import org.pocketdistill.tokenize.gguf.GgufVocabulary.SpecialIds;

/** Part of a real vocabulary, with strings and the ids that llama.cpp gives them. */
record ReducedVocabulary(GgufVocabulary vocabulary, List<Golden> strings) {
  record Golden(String text, int[] ids) {}

  /** One of {@code smollm2}, {@code qwen2}, {@code gpt-2}, {@code phi-3}. */
  static ReducedVocabulary read(String name) throws IOException {
    JsonNode root = json(name + ".json");
    GgufVocabulary vocabulary =
        new GgufVocabulary(
            root.get("model").textValue(),
            Optional.of(root.get("pre").textValue()),
            list(root.get("tokens"), JsonNode::textValue),
            list(root.get("types"), JsonNode::intValue),
            list(root.path("scores"), JsonNode::floatValue),
            list(root.path("merges"), JsonNode::textValue),
            new SpecialIds(
                id(root, "bos"), id(root, "eos"), id(root, "unknown"), id(root, "padding")),
            new Flags(
                flag(root, "add_bos_token"),
                flag(root, "add_eos_token"),
                flag(root, "add_space_prefix")),
            Optional.empty());
    return new ReducedVocabulary(
        vocabulary,
        list(
            root.get("strings"),
            row ->
                new Golden(
                    row.get("text").textValue(),
                    list(row.get("ids"), JsonNode::intValue).stream()
                        .mapToInt(Integer::intValue)
                        .toArray())));
  }

  static JsonNode json(String name) throws IOException {
    try (InputStream in = ReducedVocabulary.class.getResourceAsStream("/tokenize/gguf/" + name)) {
      return new ObjectMapper().readTree(in);
    }
  }

  static <T> List<T> list(JsonNode array, Function<JsonNode, T> element) {
    List<T> list = new ArrayList<>();
    array.forEach(node -> list.add(element.apply(node)));
    return list;
  }

  private static OptionalLong id(JsonNode root, String key) {
    return root.has(key) ? OptionalLong.of(root.get(key).longValue()) : OptionalLong.empty();
  }

  private static Optional<Boolean> flag(JsonNode root, String key) {
    return root.has(key) ? Optional.of(root.get(key).booleanValue()) : Optional.empty();
  }
}
