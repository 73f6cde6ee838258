package org.pocketdistill.pipeline.config;

import java.util.List;
import java.util.Optional;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Rules;

/** Shape of a model built from scratch; key names are those of Hugging Face's config.json. */
public record ModelShape(
    @Key(value = "llama, mistral, qwen2 or qwen3", defaultValue = "llama") ModelType modelType,
    @Key(value = "width of the residual stream", min = 8) int hiddenSize,
    @Key(value = "width of the MLP", min = 8) int intermediateSize,
    @Key(value = "decoder layers", min = 1, max = 256) int numHiddenLayers,
    @Key(value = "query heads", min = 1) int numAttentionHeads,
    @Key(value = "key/value heads; default num_attention_heads", min = 1)
        Optional<Integer> numKeyValueHeads,
    @Key(value = "width of a head; default hidden_size / num_attention_heads", min = 2)
        Optional<Integer> headDim,
    @Key(value = "one matrix for embedding and head", defaultValue = "true")
        boolean tieWordEmbeddings,
    @Key(value = "base of the rotary embedding", defaultValue = "10000", min = 1) double ropeTheta,
    @Key(value = "tokens a query sees back, itself included; mistral only", min = 1)
        Optional<Integer> slidingWindow)
    implements Checked {

  /** Key/value heads: as given, or one for each query head. */
  public int keyValueHeads() {
    return numKeyValueHeads.orElse(numAttentionHeads);
  }

  /** Width of a head: as given, or an equal share of the residual stream. */
  public int headWidth() {
    return headDim.orElse(hiddenSize / numAttentionHeads);
  }

  @Override
  public List<Contradiction> contradictions() {
    String heads = numAttentionHeads + " heads";
    boolean divides = headDim.isPresent() || hiddenSize % numAttentionHeads == 0;
    return new Rules()
        .require(
            divides,
            "hidden_size " + hiddenSize + " is not a multiple of " + heads + "; or give head_dim",
            "num_attention_heads",
            "hidden_size",
            "head_dim")
        .require(
            !divides || headWidth() % 2 == 0,
            "a head is " + headWidth() + " wide; the rotary embedding needs an even width",
            headDim.isPresent() ? "head_dim" : "num_attention_heads",
            "head_dim",
            "hidden_size",
            "num_attention_heads")
        .require(
            numAttentionHeads % keyValueHeads() == 0,
            heads + " cannot share " + keyValueHeads() + " key/value heads evenly",
            "num_key_value_heads",
            "num_attention_heads")
        .require(
            slidingWindow.isEmpty() || modelType == ModelType.MISTRAL,
            "only model_type mistral has a sliding window",
            "sliding_window",
            "model_type")
        .broken();
  }

  /** Family of a model: which of the options below its layers have. */
  public enum ModelType {
    LLAMA,
    MISTRAL,
    QWEN2,
    QWEN3
  }
}
