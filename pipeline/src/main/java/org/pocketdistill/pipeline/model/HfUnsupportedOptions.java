package org.pocketdistill.pipeline.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * Keys of config.json that change what a model computes and are not supported here: each may be
 * there with its neutral value only. Keys of no list are taken for harmless, as transformers does.
 */
final class HfUnsupportedOptions {
  private static final List<String> QUANTIZATION =
      List.of("quantization_config", "quantization", "compression_config");

  private static final List<String> FACTORS =
      List.of(
          "partial_rotary_factor",
          "rotary_pct",
          "pretraining_tp",
          "attention_multiplier",
          "embedding_multiplier",
          "residual_multiplier",
          "logits_scaling",
          "logit_scale",
          "scale_emb",
          "scale_depth");

  private static final List<String> SWITCHES =
      List.of(
          "mlp_bias",
          "attn_logit_softcapping",
          "final_logit_softcapping",
          "logits_soft_cap",
          "query_pre_attn_scalar",
          "clip_qkv",
          "use_qk_norm",
          "qk_norm",
          "qk_layernorm",
          "attention_chunk_size",
          "rope_interleaved",
          "use_mrope",
          "mrope_section",
          "no_rope_layers",
          "no_rope_layer_interval",
          "alibi",
          "use_alibi",
          "parallel_attn",
          "use_parallel_residual",
          "num_experts",
          "num_local_experts",
          "n_routed_experts",
          "kv_lora_rank",
          "is_encoder_decoder",
          "add_cross_attention",
          "pruned_heads",
          "text_config",
          "vision_config",
          "audio_config");

  private HfUnsupportedOptions() {}

  static void refuse(HfJson json) {
    for (String key : QUANTIZATION) {
      if (!isOff(json.get(key))) {
        throw json.bad(key, "none: quantised weights are not supported");
      }
    }
    for (String key : FACTORS) {
      if (json.has(key) && !(json.get(key).isNumber() && json.get(key).doubleValue() == 1)) {
        throw json.bad(key, "1: nothing else is supported");
      }
    }
    for (String key : SWITCHES) {
      if (!isOff(json.get(key))) {
        throw json.bad(key, "none or false: it is not supported");
      }
    }
    for (String key : List.of("hidden_act", "hidden_activation")) {
      String act = json.get(key).asText("silu");
      if (!json.get(key).isNull() && !act.equals("silu") && !act.equals("swish")) {
        throw json.bad(key, "\"silu\"");
      }
    }
  }

  /** Absent, null, false, 0 and an empty list or object leave everything as it is. */
  private static boolean isOff(JsonNode value) {
    return value.isMissingNode()
        || value.isNull()
        || (value.isBoolean() && !value.booleanValue())
        || (value.isNumber() && value.doubleValue() == 0)
        || (value.isContainerNode() && value.isEmpty());
  }
}
