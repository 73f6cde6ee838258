package org.pocketdistill.pipeline.model;

import java.util.List;
import java.util.OptionalInt;
import java.util.function.IntUnaryOperator;

/**
 * Shape and options of a decoder; names follow Hugging Face's {@code config.json}.
 *
 * @param modelType family, as written to {@code model_type}
 * @param headDim width of a head; not always {@code hiddenSize / numAttentionHeads}
 * @param qkvBias biases on the q, k and v projections (Qwen2)
 * @param qkNorm RMSNorm over each head of q and k before the rotary embedding (Qwen3)
 * @param slidingWindow tokens a query sees back, itself included; empty for all
 * @param maxPositionEmbeddings longest sequence
 * @param eosTokenIds ids that end a text; may be empty
 */
public record ModelConfig(
    Family modelType,
    int vocabSize,
    int hiddenSize,
    int intermediateSize,
    int numHiddenLayers,
    int numAttentionHeads,
    int numKeyValueHeads,
    int headDim,
    double rmsNormEps,
    double ropeTheta,
    RopeScaling ropeScaling,
    boolean tieWordEmbeddings,
    boolean qkvBias,
    boolean qkNorm,
    OptionalInt slidingWindow,
    int maxPositionEmbeddings,
    OptionalInt bosTokenId,
    List<Integer> eosTokenIds,
    OptionalInt padTokenId) {
  public ModelConfig {
    eosTokenIds = List.copyOf(eosTokenIds);
  }

  /** A family of models, by its names in {@code config.json}. */
  public enum Family {
    LLAMA("llama", "LlamaForCausalLM"),
    MISTRAL("mistral", "MistralForCausalLM"),
    QWEN2("qwen2", "Qwen2ForCausalLM"),
    QWEN3("qwen3", "Qwen3ForCausalLM");

    private final String key;
    private final String architecture;

    Family(String key, String architecture) {
      this.key = key;
      this.architecture = architecture;
    }

    /** Value of {@code model_type}. */
    public String key() {
      return key;
    }

    /** Entry of {@code architectures}. */
    public String architecture() {
      return architecture;
    }
  }

  /** Number of query heads that share a head of keys and values. */
  public int queriesPerKey() {
    return numAttentionHeads / numKeyValueHeads;
  }

  /** Number of weights; a tied head counts once. */
  public long parameters() {
    long queries = (long) numAttentionHeads * headDim;
    long keys = (long) numKeyValueHeads * headDim;
    long attention = hiddenSize * (2 * queries + 2 * keys);
    if (qkvBias) {
      attention += queries + 2 * keys;
    }
    if (qkNorm) {
      attention += 2L * headDim;
    }
    long layer = attention + 3L * hiddenSize * intermediateSize + 2L * hiddenSize;
    long embeddings = (tieWordEmbeddings ? 1L : 2L) * vocabSize * hiddenSize;
    return embeddings + numHiddenLayers * layer + hiddenSize;
  }

  /** The lengths of the weights' dimensions. */
  public ModelSizes sizes() {
    return new ModelSizes(
        vocabSize,
        hiddenSize,
        intermediateSize,
        numHiddenLayers,
        numAttentionHeads,
        numKeyValueHeads);
  }

  /** The same shape with another number of layers. */
  public ModelConfig withLayers(int layers) {
    return with(sizes().withLayers(layers), bosTokenId, eosTokenIds, padTokenId);
  }

  /** The same model with other ids that end a text. */
  public ModelConfig withEosTokenIds(List<Integer> ids) {
    return with(sizes(), bosTokenId, ids, padTokenId);
  }

  /** The same shape with another number of ids. */
  public ModelConfig withVocabSize(int size) {
    return with(sizes().withVocabSize(size), bosTokenId, eosTokenIds, padTokenId);
  }

  /** The same family and heads of the same width, with other sizes. */
  public ModelConfig withSizes(ModelSizes sizes) {
    return with(sizes, bosTokenId, eosTokenIds, padTokenId);
  }

  /**
   * The same model with its ids that mean something renumbered; those that are gone are left out.
   */
  public ModelConfig withTokenIds(IntUnaryOperator newId) {
    return with(
        sizes(),
        renumbered(bosTokenId, newId),
        eosTokenIds.stream().map(newId::applyAsInt).filter(id -> id >= 0).toList(),
        renumbered(padTokenId, newId));
  }

  private static OptionalInt renumbered(OptionalInt id, IntUnaryOperator newId) {
    return id.stream().map(newId).filter(i -> i >= 0).findFirst();
  }

  /** The same model with a head of its own. */
  public ModelConfig withOwnHead() {
    return with(sizes(), false, bosTokenId, eosTokenIds, padTokenId);
  }

  private ModelConfig with(
      ModelSizes sizes, OptionalInt begin, List<Integer> ends, OptionalInt padding) {
    return with(sizes, tieWordEmbeddings, begin, ends, padding);
  }

  private ModelConfig with(
      ModelSizes sizes, boolean tied, OptionalInt begin, List<Integer> ends, OptionalInt padding) {
    return new ModelConfig(
        modelType,
        sizes.vocabSize(),
        sizes.hiddenSize(),
        sizes.intermediateSize(),
        sizes.numHiddenLayers(),
        sizes.numAttentionHeads(),
        sizes.numKeyValueHeads(),
        headDim,
        rmsNormEps,
        ropeTheta,
        ropeScaling,
        tied,
        qkvBias,
        qkNorm,
        slidingWindow,
        maxPositionEmbeddings,
        begin,
        ends,
        padding);
  }
}
