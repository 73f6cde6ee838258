package org.pocketdistill.tokenize;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.pocketdistill.data.DataException;

/**
 * A byte-pair vocabulary with fewer tokens.
 *
 * <p>With a token stay the tokens it is merged from, so that a text whose tokens are all kept is
 * cut into the very same tokens: of the merges that apply to it none is missing, and none is new.
 * Added tokens and those of single bytes always stay, so every text can still be encoded.
 */
public final class VocabularyCut {
  private static final ObjectNode EMPTY = JsonNodeFactory.instance.objectNode();

  private final String file;
  private final ObjectNode tokenizer;
  private final ObjectNode config;
  private final Map<String, Integer> ids = new HashMap<>();
  private final Map<Integer, List<int[]>> parts = new HashMap<>();

  private VocabularyCut(String file, ObjectNode tokenizer, ObjectNode config) {
    this.file = file;
    this.tokenizer = tokenizer;
    this.config = config;
    JsonNode model = tokenizer.path("model");
    if (!model.path("type").asText("BPE").equals("BPE") || !model.path("vocab").isObject()) {
      throw new DataException(
          "%s: model.type %s, expected BPE: other vocabularies cannot be cut"
              .formatted(file, model.path("type")));
    }
    model.path("vocab").properties().forEach(e -> ids.put(e.getKey(), e.getValue().asInt()));
    tokenizer
        .path("added_tokens")
        .forEach(token -> ids.put(token.path("content").asText(), token.path("id").asInt()));
    for (JsonNode merge : model.path("merges")) {
      Merge read = merge(merge);
      parts.computeIfAbsent(read.result, result -> new ArrayList<>()).add(read.parts());
    }
  }

  /**
   * The vocabulary of a folder's {@code tokenizer.json}.
   *
   * @throws DataException if it is no byte-pair vocabulary
   */
  public static VocabularyCut of(Path folder) throws IOException {
    Path file = folder.resolve(TokenizerFolder.TOKENIZER_JSON);
    Path config = folder.resolve(TokenizerFolder.TOKENIZER_CONFIG_JSON);
    return new VocabularyCut(
        file.toString(), read(file), Files.exists(config) ? read(config) : EMPTY.deepCopy());
  }

  private static ObjectNode read(Path file) throws IOException {
    return (ObjectNode) HfTokenizer.json(file.toString(), Files.readAllBytes(file));
  }

  /**
   * Picks tokens by how often they are used, the lower id first among equals: a lower id is an
   * earlier merge, that is, a more frequent one where the tokenizer was trained.
   *
   * @param counts uses of each id
   * @param leastCount tokens used less often than this go, 0 for none
   * @param most number of tokens that may stay
   * @return ids that stay, ascending
   * @throws DataException if more must stay
   */
  public int[] keep(long[] counts, long leastCount, int most) {
    BitSet kept = indispensable();
    if (kept.cardinality() > most) {
      throw new DataException(
          "%s: %d tokens cannot go (added tokens, single bytes), expected vocab_size to be at least that, got %d"
              .formatted(file, kept.cardinality(), most));
    }
    List<Integer> order =
        IntStream.range(0, counts.length)
            .filter(id -> counts[id] >= leastCount)
            .boxed()
            .sorted(Comparator.<Integer>comparingLong(id -> -counts[id]).thenComparing(id -> id))
            .toList();
    for (int id : order) {
      BitSet needed = new BitSet();
      need(id, kept, needed);
      if (kept.cardinality() + needed.cardinality() <= most) {
        kept.or(needed);
      }
      if (kept.cardinality() == most) {
        break;
      }
    }
    return kept.stream().toArray();
  }

  private BitSet indispensable() {
    BitSet kept = new BitSet();
    tokenizer.path("added_tokens").forEach(token -> kept.set(token.path("id").asInt()));
    for (char character : ByteAlphabet.sorted()) {
      keepIfThere(String.valueOf(character), kept);
    }
    for (int b = 0; b < 256; b++) {
      keepIfThere("<0x%02X>".formatted(b), kept);
    }
    JsonNode unknown = tokenizer.path("model").path("unk_token");
    if (unknown.isTextual()) {
      keepIfThere(unknown.asText(), kept);
    }
    return kept;
  }

  private void keepIfThere(String token, BitSet kept) {
    Integer id = ids.get(token);
    if (id != null) {
      kept.set(id);
    }
  }

  private void need(int id, BitSet kept, BitSet needed) {
    if (kept.get(id) || needed.get(id)) {
      return;
    }
    needed.set(id);
    for (int[] pair : parts.getOrDefault(id, List.of())) {
      need(pair[0], kept, needed);
      need(pair[1], kept, needed);
    }
  }

  /**
   * Writes {@code tokenizer.json} and {@code tokenizer_config.json} with these tokens only. Their
   * new ids are their places in the list.
   *
   * @param kept ids, ascending
   */
  public void write(Path folder, int[] kept) throws IOException {
    ObjectNode cut = tokenizer.deepCopy();
    ObjectNode model = (ObjectNode) cut.get("model");
    ObjectNode vocabulary = model.objectNode();
    String[] names = new String[ids.size()];
    tokenizer
        .path("model")
        .path("vocab")
        .properties()
        .forEach(e -> names[e.getValue().asInt()] = e.getKey());
    for (int i = 0; i < kept.length; i++) {
      if (names[kept[i]] != null) {
        vocabulary.put(names[kept[i]], i);
      }
    }
    model.set("vocab", vocabulary);
    model.set("merges", merges(model.path("merges"), kept));
    for (JsonNode token : cut.path("added_tokens")) {
      ((ObjectNode) token).put("id", newId(kept, token.path("id").asInt()));
    }
    renumber(cut.path("post_processor"), kept);
    ObjectNode settings = config.deepCopy();
    if (settings.path("added_tokens_decoder").isObject()) {
      ObjectNode decoder = settings.objectNode();
      settings
          .path("added_tokens_decoder")
          .properties()
          .forEach(
              e ->
                  decoder.set(
                      Integer.toString(newId(kept, Integer.parseInt(e.getKey()))), e.getValue()));
      settings.set("added_tokens_decoder", decoder);
    }
    TokenizerFolder.write(
        folder, cut.toPrettyString().getBytes(UTF_8), settings.toPrettyString().getBytes(UTF_8));
  }

  private ArrayNode merges(JsonNode all, int[] kept) {
    ArrayNode merges = tokenizer.arrayNode();
    for (JsonNode node : all) {
      Merge merge = merge(node);
      if (isKept(kept, merge.left) && isKept(kept, merge.right) && isKept(kept, merge.result)) {
        merges.add(node);
      }
    }
    return merges;
  }

  /** Ids in a post-processor: of templates, as a list, and of BERT's, as a pair with the token. */
  private void renumber(JsonNode node, int[] kept) {
    if (node.path("ids").isArray() && node.path("tokens").isArray()) {
      ArrayNode numbers = tokenizer.arrayNode();
      node.path("ids").forEach(id -> numbers.add(newId(kept, id.asInt())));
      ((ObjectNode) node).set("ids", numbers);
    } else if (node.isArray()
        && node.size() == 2
        && node.get(0).isTextual()
        && node.get(1).isInt()) {
      ((ArrayNode) node).set(1, newId(kept, node.get(1).asInt()));
    } else {
      node.forEach(child -> renumber(child, kept));
    }
  }

  private static boolean isKept(int[] kept, int id) {
    return Arrays.binarySearch(kept, id) >= 0;
  }

  private int newId(int[] kept, int id) {
    int index = Arrays.binarySearch(kept, id);
    if (index < 0) {
      throw new DataException("%s: token %d cannot go, it is an added one".formatted(file, id));
    }
    return index;
  }

  private Merge merge(JsonNode node) {
    String text = node.asText();
    int blank = text.indexOf(' ');
    String left = node.isArray() ? node.path(0).asText() : text.substring(0, Math.max(0, blank));
    String right = node.isArray() ? node.path(1).asText() : text.substring(blank + 1);
    Integer leftId = ids.get(left);
    Integer rightId = ids.get(right);
    Integer result = ids.get(left + right);
    if (leftId == null || rightId == null || result == null) {
      throw new DataException(
          "%s: model.merges: %s joins tokens that are not in the vocabulary".formatted(file, node));
    }
    return new Merge(leftId, rightId, result);
  }

  private record Merge(int left, int right, int result) {
    int[] parts() {
      return new int[] {left, right};
    }
  }
}
