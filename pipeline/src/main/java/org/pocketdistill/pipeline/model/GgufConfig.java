package org.pocketdistill.pipeline.model;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.gguf.GgufFile;
import org.pocketdistill.pipeline.gguf.GgufMetadata;
import org.pocketdistill.pipeline.model.ModelConfig.Family;

/**
 * The metadata of a GGUF file as the {@code config.json} of the same model, or what in it is not
 * supported. A key that is not known could ask for another computation, so it is refused.
 */
final class GgufConfig {
  private static final String ARCHITECTURE = "general.architecture";
  private static final String LLAMA = "llama";
  private static final Map<String, Family> ARCHITECTURES =
      Map.of(LLAMA, Family.LLAMA, "qwen2", Family.QWEN2, "qwen3", Family.QWEN3);

  /** Stands for no token in some files: -1 in 32 bits. */
  private static final long NO_TOKEN = 0xffff_ffffL;

  /** Keys that are read, or that change nothing. */
  private static final Set<String> KNOWN =
      Set.of(
          "context_length",
          "embedding_length",
          "block_count",
          "feed_forward_length",
          "vocab_size",
          "tensor_data_layout",
          "attention.head_count",
          "attention.head_count_kv",
          "attention.key_length",
          "attention.value_length",
          "attention.layer_norm_rms_epsilon",
          "attention.sliding_window",
          "rope.dimension_count",
          "rope.freq_base",
          "rope.scale_linear",
          "rope.scaling.type",
          "rope.scaling.factor",
          "rope.scaling.original_context_length",
          "rope.scaling.finetuned",
          "rope.scaling.yarn_beta_fast",
          "rope.scaling.yarn_beta_slow");

  /** Keys that change nothing as long as they have this value. */
  private static final Map<String, Integer> NEUTRAL_NUMBERS =
      Map.of(
          "expert_count", 0,
          "expert_used_count", 0,
          "rope.scaling.attn_factor", 1,
          "rope.scaling.yarn_attn_factor", 1,
          "rope.scaling.yarn_ext_factor", 1);

  private static final Map<String, Boolean> NEUTRAL_FLAGS =
      Map.of("attention.causal", true, "use_parallel_residual", false);

  private final GgufFile file;
  private final GgufMetadata metadata;
  private final String architecture;

  private GgufConfig(GgufFile file) {
    this.file = file;
    this.metadata = file.metadata();
    this.architecture =
        metadata.text(ARCHITECTURE).orElseThrow(() -> metadata.bad(ARCHITECTURE, supported()));
  }

  /** Whether the file's architecture is llama, which has other rotary pairs. */
  static boolean isLlama(GgufFile file) {
    return new GgufConfig(file).architecture.equals(LLAMA);
  }

  /**
   * Shape and options of the model in a file.
   *
   * @throws DataException if it is of an architecture, or has an option, that is not supported
   */
  static ModelConfig read(GgufFile file) throws IOException {
    GgufConfig config = new GgufConfig(file);
    config.refuseUnsupported();
    return new HfConfigReader(new HfJson(file.path(), config.json())).read();
  }

  private static String supported() {
    return "one of llama, qwen2, qwen3";
  }

  private void refuseUnsupported() {
    if (!ARCHITECTURES.containsKey(architecture)) {
      throw metadata.bad(ARCHITECTURE, supported());
    }
    if (!metadata.text("general.type").orElse("model").equals("model")) {
      throw metadata.bad("general.type", "'model'");
    }
    for (String key : metadata.keys()) {
      if (key.startsWith(architecture + ".")) {
        checkKey(key.substring(architecture.length() + 1));
      }
    }
  }

  private void checkKey(String name) {
    String key = key(name);
    if (NEUTRAL_NUMBERS.containsKey(name)) {
      int neutral = NEUTRAL_NUMBERS.get(name);
      if (metadata.number(key).orElseThrow() != neutral) {
        throw metadata.bad(key, neutral + ": nothing else is supported");
      }
    } else if (NEUTRAL_FLAGS.containsKey(name)) {
      boolean neutral = NEUTRAL_FLAGS.get(name);
      if (metadata.flag(key).orElseThrow() != neutral) {
        throw metadata.bad(key, neutral + ": nothing else is supported");
      }
    } else if (!KNOWN.contains(name)) {
      throw metadata.bad(key, "no such key: what it asks for is not supported");
    }
  }

  private ObjectNode json() throws IOException {
    OptionalLong window = metadata.whole(key("attention.sliding_window"));
    Family family = ARCHITECTURES.get(architecture);
    if (window.isPresent() && family != Family.LLAMA) {
      throw metadata.bad(key("attention.sliding_window"), "none for " + architecture);
    }
    ObjectNode json = new JsonMapper().createObjectNode();
    // llama.cpp has no architecture of its own for Mistral; a window is what tells them apart.
    json.put("model_type", (window.isPresent() ? Family.MISTRAL : family).key());
    window.ifPresent(width -> json.put("sliding_window", width));
    int heads = whole("attention.head_count");
    json.put("vocab_size", file.tensor(GgufNames.EMBEDDING).rows())
        .put("hidden_size", whole("embedding_length"))
        .put("intermediate_size", whole("feed_forward_length"))
        .put("num_hidden_layers", whole("block_count"))
        .put("num_attention_heads", heads)
        .put("num_key_value_heads", wholeOr("attention.head_count_kv", heads))
        .put("head_dim", headDim(heads))
        .put("max_position_embeddings", whole("context_length"))
        .put("rms_norm_eps", number("attention.layer_norm_rms_epsilon"))
        .put("rope_theta", metadata.number(key("rope.freq_base")).orElse(10000))
        .put("tie_word_embeddings", !file.contains(GgufNames.HEAD));
    new GgufRope(file, architecture, json).putScaling();
    putTokenIds(json);
    return json;
  }

  private int headDim(int heads) {
    int hidden = whole("embedding_length");
    if (!metadata.has(key("attention.key_length")) && hidden % heads != 0) {
      throw metadata.bad(key("embedding_length"), "a multiple of the %d heads".formatted(heads));
    }
    int headDim = wholeOr("attention.key_length", hidden / heads);
    for (String name : List.of("attention.value_length", "rope.dimension_count")) {
      if (wholeOr(name, headDim) != headDim) {
        throw metadata.bad(key(name), headDim + ", the width of a head");
      }
    }
    return headDim;
  }

  private void putTokenIds(ObjectNode json) {
    // null where there is none: an absent key would mean the family's usual id.
    json.putNull("bos_token_id").putNull("eos_token_id");
    tokenId("bos").ifPresent(id -> json.put("bos_token_id", id));
    tokenId("padding").ifPresent(id -> json.put("pad_token_id", id));
    Set<Long> ends = new LinkedHashSet<>();
    // Ends of a text, of a turn, and of a message to a tool.
    for (String name : List.of("eos", "eot", "eom")) {
      tokenId(name).ifPresent(ends::add);
    }
    if (!ends.isEmpty()) {
      ends.forEach(json.putArray("eos_token_id")::add);
    }
  }

  private OptionalLong tokenId(String name) {
    String key = "tokenizer.ggml." + name + "_token_id";
    OptionalLong id = metadata.whole(key);
    if (id.isEmpty() || id.getAsLong() == NO_TOKEN) {
      return OptionalLong.empty();
    }
    if (id.getAsLong() < 0 || id.getAsLong() >= file.tensor(GgufNames.EMBEDDING).rows()) {
      throw metadata.bad(key, "an id below " + file.tensor(GgufNames.EMBEDDING).rows());
    }
    return id;
  }

  private String key(String name) {
    return architecture + "." + name;
  }

  private int whole(String name) {
    OptionalLong value = metadata.whole(key(name));
    if (value.isEmpty() || value.getAsLong() < 1 || value.getAsLong() > Integer.MAX_VALUE) {
      throw metadata.bad(key(name), "a whole number from 1 to 2147483647");
    }
    return (int) value.getAsLong();
  }

  private int wholeOr(String name, int fallback) {
    return metadata.has(key(name)) ? whole(name) : fallback;
  }

  private double number(String name) {
    return metadata
        .number(key(name))
        .orElseThrow(() -> metadata.bad(key(name), "a number above 0"));
  }
}
