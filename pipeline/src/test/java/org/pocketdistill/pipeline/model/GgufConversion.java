package org.pocketdistill.pipeline.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.pocketdistill.pipeline.gguf.GgufBuilder;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.tokenize.ChatMl;

/**
 * A Hugging Face folder as the GGUF file that llama.cpp's converter makes of it, in fp32; metadata
 * can be changed before it is written.
 */
public final class GgufConversion {
  private static final int NORMAL = 1;
  private static final int CONTROL = 3;
  private static final Map<String, String> MODULES =
      Map.ofEntries(
          Map.entry("input_layernorm", "attn_norm"),
          Map.entry("self_attn.q_proj", "attn_q"),
          Map.entry("self_attn.k_proj", "attn_k"),
          Map.entry("self_attn.v_proj", "attn_v"),
          Map.entry("self_attn.q_norm", "attn_q_norm"),
          Map.entry("self_attn.k_norm", "attn_k_norm"),
          Map.entry("self_attn.o_proj", "attn_output"),
          Map.entry("post_attention_layernorm", "ffn_norm"),
          Map.entry("mlp.gate_proj", "ffn_gate"),
          Map.entry("mlp.up_proj", "ffn_up"),
          Map.entry("mlp.down_proj", "ffn_down"));

  private final SafetensorsFile file;
  private final ModelConfig config;
  private final String architecture;
  private final GgufBuilder builder = new GgufBuilder();

  /** Of a folder whose weights are floats. */
  public GgufConversion(Path folder) throws IOException {
    this.file = SafetensorsFile.open(folder);
    this.config = HfConfigFile.read(folder);
    this.architecture =
        config.modelType() == ModelConfig.Family.MISTRAL ? "llama" : config.modelType().key();
    builder.text("general.architecture", architecture);
    putShape();
    putRope();
    file.names().forEach(this::putTensor);
  }

  /** To add what else is to be in the file. */
  public GgufBuilder builder() {
    return builder;
  }

  /** Writes the file. */
  public Path write(Path target) throws IOException {
    return builder.write(target);
  }

  /** A key of the architecture. */
  public String key(String name) {
    return architecture + "." + name;
  }

  /** Adds the tokenizer of the folder, a byte-level BPE with qwen2's pre-tokenizer. */
  public GgufConversion withTokenizer(Path folder) throws IOException {
    JsonNode tokenizer = new ObjectMapper().readTree(folder.resolve("tokenizer.json").toFile());
    String[] tokens = new String[config.vocabSize()];
    Integer[] types = new Integer[tokens.length];
    Arrays.fill(types, NORMAL);
    tokenizer
        .at("/model/vocab")
        .properties()
        .forEach(token -> tokens[token.getValue().intValue()] = token.getKey());
    for (JsonNode token : tokenizer.get("added_tokens")) {
      tokens[token.get("id").intValue()] = token.get("content").textValue();
      types[token.get("id").intValue()] = CONTROL;
    }
    List<String> merges = new ArrayList<>();
    tokenizer.at("/model/merges").forEach(merge -> merges.add(merge.textValue()));
    builder
        .text("tokenizer.ggml.model", "gpt2")
        .text("tokenizer.ggml.pre", "qwen2")
        .texts("tokenizer.ggml.tokens", List.of(tokens))
        .int32s("tokenizer.ggml.token_type", List.of(types))
        .texts("tokenizer.ggml.merges", merges)
        .flag("tokenizer.ggml.add_bos_token", false)
        .text("tokenizer.chat_template", new ChatMl().jinja());
    return this;
  }

  private void putShape() {
    builder
        .uint32(key("context_length"), config.maxPositionEmbeddings())
        .uint32(key("embedding_length"), config.hiddenSize())
        .uint32(key("block_count"), config.numHiddenLayers())
        .uint32(key("feed_forward_length"), config.intermediateSize())
        .uint32(key("attention.head_count"), config.numAttentionHeads())
        .uint32(key("attention.head_count_kv"), config.numKeyValueHeads())
        .uint32(key("attention.key_length"), config.headDim())
        .uint32(key("attention.value_length"), config.headDim())
        .float32(key("attention.layer_norm_rms_epsilon"), config.rmsNormEps())
        .float32(key("rope.freq_base"), config.ropeTheta());
    config
        .slidingWindow()
        .ifPresent(width -> builder.uint32(key("attention.sliding_window"), width));
    config.bosTokenId().ifPresent(id -> builder.uint32("tokenizer.ggml.bos_token_id", id));
    config.padTokenId().ifPresent(id -> builder.uint32("tokenizer.ggml.padding_token_id", id));
    config.eosTokenIds().forEach(id -> builder.uint32("tokenizer.ggml.eos_token_id", id));
  }

  private void putRope() {
    if (config.ropeScaling() instanceof RopeScaling.Linear linear) {
      builder
          .text(key("rope.scaling.type"), "linear")
          .float32(key("rope.scaling.factor"), linear.factor());
    } else if (config.ropeScaling() instanceof RopeScaling.Yarn yarn) {
      builder
          .text(key("rope.scaling.type"), "yarn")
          .float32(key("rope.scaling.factor"), yarn.factor())
          .uint32(key("rope.scaling.original_context_length"), yarn.originalLength());
    } else if (config.ropeScaling() instanceof RopeScaling.Llama3 llama3) {
      builder
          .uint32(key("rope.scaling.original_context_length"), llama3.originalLength())
          .floats("rope_freqs.weight", factors(llama3), config.headDim() / 2);
    }
  }

  /** As the converter computes them: by wavelength. */
  private float[] factors(RopeScaling.Llama3 scaling) {
    float[] factors = new float[config.headDim() / 2];
    for (int j = 0; j < factors.length; j++) {
      double wavelength = 2 * Math.PI * Math.pow(config.ropeTheta(), 2.0 * j / config.headDim());
      double turns = scaling.originalLength() / wavelength;
      if (turns > scaling.highFreqFactor()) {
        factors[j] = 1;
      } else if (turns < scaling.lowFreqFactor()) {
        factors[j] = (float) scaling.factor();
      } else {
        double smooth =
            (turns - scaling.lowFreqFactor())
                / (scaling.highFreqFactor() - scaling.lowFreqFactor());
        factors[j] = (float) (1 / ((1 - smooth) / scaling.factor() + smooth));
      }
    }
    return factors;
  }

  private void putTensor(String name) {
    float[] values = file.floats(name);
    long[] shape = file.info(name).shape().stream().mapToLong(Long::longValue).toArray();
    boolean turned = name.endsWith("q_proj.weight") || name.endsWith("k_proj.weight");
    if (architecture.equals("llama") && turned) {
      values = reordered(values, (int) shape[1]);
    }
    builder.floats(ggufName(name), values, shape);
  }

  /** reshape(heads, 2, d/2, in).swapaxes(1, 2), as the converter has it. */
  private float[] reordered(float[] values, int columns) {
    int d = config.headDim();
    float[] result = new float[values.length];
    int out = 0;
    for (int head = 0; head < values.length / columns / d; head++) {
      for (int i = 0; i < d / 2; i++) {
        for (int side = 0; side < 2; side++) {
          int row = head * d + side * d / 2 + i;
          System.arraycopy(values, row * columns, result, out++ * columns, columns);
        }
      }
    }
    return result;
  }

  private static String ggufName(String name) {
    Map<String, String> outer =
        new TreeMap<>(
            Map.of(
                "model.embed_tokens.weight", "token_embd.weight",
                "model.norm.weight", "output_norm.weight",
                "lm_head.weight", "output.weight"));
    if (outer.containsKey(name)) {
      return outer.get(name);
    }
    String[] parts = name.split("\\.", 4);
    int dot = parts[3].lastIndexOf('.');
    return "blk."
        + parts[2]
        + "."
        + MODULES.get(parts[3].substring(0, dot))
        + parts[3].substring(dot);
  }
}
