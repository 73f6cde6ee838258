package org.pocketdistill.pipeline.model;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Hugging Face's names of the tensors in a GGUF file. */
final class GgufNames {
  static final String EMBEDDING = "token_embd.weight";
  static final String HEAD = "output.weight";

  /** Divisors of the rotary frequencies: configuration that travels as a tensor. */
  static final String ROPE_FACTORS = "rope_freqs.weight";

  private static final Map<String, String> OUTER =
      Map.of(
          EMBEDDING,
          WeightLayout.EMBEDDING,
          "output_norm.weight",
          WeightLayout.FINAL_NORM,
          HEAD,
          WeightLayout.HEAD);

  private static final Map<String, String> MODULES =
      Map.ofEntries(
          Map.entry("attn_norm", "input_layernorm"),
          Map.entry("attn_q", "self_attn.q_proj"),
          Map.entry("attn_k", "self_attn.k_proj"),
          Map.entry("attn_v", "self_attn.v_proj"),
          Map.entry("attn_q_norm", "self_attn.q_norm"),
          Map.entry("attn_k_norm", "self_attn.k_norm"),
          Map.entry("attn_output", "self_attn.o_proj"),
          Map.entry("ffn_norm", "post_attention_layernorm"),
          Map.entry("ffn_gate", "mlp.gate_proj"),
          Map.entry("ffn_up", "mlp.up_proj"),
          Map.entry("ffn_down", "mlp.down_proj"));

  private static final Pattern BLOCK =
      Pattern.compile("blk\\.(0|[1-9]\\d{0,4})\\.([a-z_]+)\\.(weight|bias)");
  private static final Pattern LAYER =
      Pattern.compile("model\\.layers\\.(\\d+)\\.([a-z_.]+)\\.(weight|bias)");

  private GgufNames() {}

  /** The Hugging Face name; nothing for a tensor that none of the families has. */
  static Optional<String> toHf(String name) {
    if (OUTER.containsKey(name)) {
      return Optional.of(OUTER.get(name));
    }
    Matcher block = BLOCK.matcher(name);
    if (!block.matches() || !MODULES.containsKey(block.group(2))) {
      return Optional.empty();
    }
    String module = MODULES.get(block.group(2));
    return Optional.of("model.layers.%s.%s.%s".formatted(block.group(1), module, block.group(3)));
  }

  /** The name in a GGUF file of a weight that one of the families has. */
  static String ofHf(String name) {
    Matcher layer = LAYER.matcher(name);
    Map<String, String> names = layer.matches() ? MODULES : OUTER;
    String wanted = layer.matches() ? layer.group(2) : name;
    String found =
        names.entrySet().stream()
            .filter(entry -> entry.getValue().equals(wanted))
            .map(Map.Entry::getKey)
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("no name for " + name));
    return layer.matches()
        ? "blk.%s.%s.%s".formatted(layer.group(1), found, layer.group(3))
        : found;
  }
}
