package org.pocketdistill.pipeline.config;

import java.util.Optional;
import org.pocketdistill.config.Key;

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
        Optional<Integer> slidingWindow) {
  /** Family of a model: which of the options below its layers have. */
  public enum ModelType {
    LLAMA,
    MISTRAL,
    QWEN2,
    QWEN3
  }
}
