package org.pocketdistill.pipeline.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.gguf.GgufFileType;
import org.pocketdistill.pipeline.gguf.GgufKeys;
import org.pocketdistill.pipeline.model.ModelConfig.Family;
import org.pocketdistill.tokenize.gguf.GgufVocabulary;

/**
 * A model's configuration and tokenizer as the metadata of a GGUF file, by the keys that llama.cpp
 * reads: the way back of {@link GgufConfig} and {@link GgufVocabularyReader}.
 *
 * @param path of the model, named in messages
 */
record GgufModelKeys(Path path, ModelConfig config, GgufVocabulary vocabulary) {
  /** Version of the formats of quantised blocks. */
  private static final int QUANTIZATION_VERSION = 2;

  /** Names for tokens that end a text: of a text, of a turn, of a message to a tool. */
  private static final List<String> ENDS = List.of("eos", "eot", "eom");

  private static final double YARN_BETA_FAST = 32;
  private static final double YARN_BETA_SLOW = 1;

  /** Whether the family is llama.cpp's architecture llama, which has other rotary pairs. */
  static boolean isLlama(ModelConfig config) {
    return config.modelType() == Family.LLAMA || config.modelType() == Family.MISTRAL;
  }

  /**
   * All keys.
   *
   * @param name of the model, for people
   */
  GgufKeys keys(String name, GgufFileType type) {
    GgufKeys keys = new GgufKeys();
    keys.text("general.architecture", architecture())
        .text("general.type", "model")
        .text("general.name", name)
        .uint32("general.file_type", type.code())
        .uint32("general.quantization_version", QUANTIZATION_VERSION);
    putShape(keys);
    putRope(keys);
    putVocabulary(keys);
    putTokenIds(keys);
    return keys;
  }

  private String architecture() {
    return isLlama(config) ? Family.LLAMA.key() : config.modelType().key();
  }

  private String key(String name) {
    return architecture() + "." + name;
  }

  private void putShape(GgufKeys keys) {
    keys.uint32(key("vocab_size"), config.vocabSize())
        .uint32(key("context_length"), config.maxPositionEmbeddings())
        .uint32(key("embedding_length"), config.hiddenSize())
        .uint32(key("block_count"), config.numHiddenLayers())
        .uint32(key("feed_forward_length"), config.intermediateSize())
        .uint32(key("attention.head_count"), config.numAttentionHeads())
        .uint32(key("attention.head_count_kv"), config.numKeyValueHeads())
        .uint32(key("attention.key_length"), config.headDim())
        .uint32(key("attention.value_length"), config.headDim())
        .float32(key("attention.layer_norm_rms_epsilon"), config.rmsNormEps());
    config.slidingWindow().ifPresent(width -> keys.uint32(key("attention.sliding_window"), width));
  }

  private void putRope(GgufKeys keys) {
    keys.uint32(key("rope.dimension_count"), config.headDim())
        .float32(key("rope.freq_base"), config.ropeTheta());
    RopeScaling scaling = config.ropeScaling();
    if (scaling instanceof RopeScaling.Linear linear) {
      keys.text(key("rope.scaling.type"), "linear")
          .float32(key("rope.scaling.factor"), linear.factor());
    } else if (scaling instanceof RopeScaling.Yarn yarn) {
      keys.text(key("rope.scaling.type"), "yarn")
          .float32(key("rope.scaling.factor"), yarn.factor())
          .uint32(key("rope.scaling.original_context_length"), yarn.originalLength());
      if (yarn.betaFast() != YARN_BETA_FAST || yarn.betaSlow() != YARN_BETA_SLOW) {
        keys.float32(key("rope.scaling.yarn_beta_fast"), yarn.betaFast())
            .float32(key("rope.scaling.yarn_beta_slow"), yarn.betaSlow());
      }
    } else if (scaling instanceof RopeScaling.Llama3 llama3) {
      // the rest is in the tensor of divisors
      keys.uint32(key("rope.scaling.original_context_length"), llama3.originalLength());
    }
  }

  private void putVocabulary(GgufKeys keys) {
    keys.text("tokenizer.ggml.model", vocabulary.model());
    vocabulary.pre().ifPresent(pre -> keys.text("tokenizer.ggml.pre", pre));
    keys.texts("tokenizer.ggml.tokens", vocabulary.tokens())
        .int32s("tokenizer.ggml.token_type", vocabulary.types());
    if (!vocabulary.scores().isEmpty()) {
      keys.float32s("tokenizer.ggml.scores", vocabulary.scores());
    }
    if (!vocabulary.merges().isEmpty()) {
      keys.texts("tokenizer.ggml.merges", vocabulary.merges());
    }
    GgufVocabulary.Flags flags = vocabulary.flags();
    flags.addBos().ifPresent(add -> keys.flag("tokenizer.ggml.add_bos_token", add));
    flags.addEos().ifPresent(add -> keys.flag("tokenizer.ggml.add_eos_token", add));
    flags.addSpacePrefix().ifPresent(add -> keys.flag("tokenizer.ggml.add_space_prefix", add));
    vocabulary.chatTemplate().ifPresent(jinja -> keys.text("tokenizer.chat_template", jinja));
  }

  /** The tokenizer's own ids; the configuration's where it names none, as llama.cpp's converter. */
  private void putTokenIds(GgufKeys keys) {
    GgufVocabulary.SpecialIds ids = vocabulary.specialIds();
    putId(keys, "bos", either(ids.bos(), config.bosTokenId()));
    putId(keys, "unknown", ids.unknown());
    putId(keys, "padding", either(ids.padding(), config.padTokenId()));
    List<Integer> ends = new ArrayList<>(config.eosTokenIds());
    if (ids.eos().isPresent()) {
      int preferred = (int) ids.eos().getAsLong();
      if (ends.isEmpty() || ends.remove((Integer) preferred)) {
        ends.add(0, preferred);
      }
    }
    if (ends.size() > ENDS.size()) {
      throw new DataException(
          "%s: %d ids end a text %s, expected at most %d, for which a GGUF file has names (%s); leave"
                  .formatted(path, ends.size(), ends, ENDS.size(), String.join(", ", ENDS))
              + " the others out of eos_token_id");
    }
    for (int i = 0; i < ends.size(); i++) {
      putId(keys, ENDS.get(i), OptionalLong.of(ends.get(i)));
    }
  }

  private static OptionalLong either(OptionalLong first, OptionalInt second) {
    return first.isPresent() || second.isEmpty() ? first : OptionalLong.of(second.getAsInt());
  }

  private static void putId(GgufKeys keys, String name, OptionalLong id) {
    id.ifPresent(value -> keys.uint32("tokenizer.ggml." + name + "_token_id", value));
  }
}
