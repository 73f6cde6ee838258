package org.pocketdistill.pipeline.plan;

import java.util.List;
import java.util.OptionalInt;
import org.pocketdistill.pipeline.config.ModelShape;
import org.pocketdistill.pipeline.config.ModelShape.ModelType;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.ModelConfig.Family;
import org.pocketdistill.pipeline.model.RopeScaling;

/** What a model of a given shape takes in memory and on disk, in bytes. */
public record ModelBudget(ModelConfig config) {
  private static final int FLOAT = 4;

  /** Nodes, names, and gaps up to the next page. */
  private static final long GRAPH_BYTES_PER_LAYER = 30_000;

  private static final long TOKENIZER_BYTES_PER_ID = 33;

  /** A model that a job builds from scratch. */
  public static ModelBudget of(ModelShape shape, int vocabSize, int contextLength) {
    ModelType type = shape.modelType();
    return new ModelBudget(
        new ModelConfig(
            Family.valueOf(type.name()),
            vocabSize,
            shape.hiddenSize(),
            shape.intermediateSize(),
            shape.numHiddenLayers(),
            shape.numAttentionHeads(),
            shape.keyValueHeads(),
            shape.headWidth(),
            1e-6,
            shape.ropeTheta(),
            new RopeScaling.None(),
            shape.tieWordEmbeddings(),
            type == ModelType.QWEN2,
            type == ModelType.QWEN3,
            shape.slidingWindow().map(OptionalInt::of).orElseGet(OptionalInt::empty),
            contextLength,
            OptionalInt.empty(),
            List.of(),
            OptionalInt.empty()));
  }

  /** Number of weights. */
  public long parameters() {
    return config.parameters();
  }

  /** Weights in fp32. */
  public long fp32Bytes() {
    return FLOAT * parameters();
  }

  /** Weights in int8 with one fp32 scale for each output channel; norms and biases in fp32. */
  public long int8Bytes() {
    long queries = (long) config.numAttentionHeads() * config.headDim();
    long keys = (long) config.numKeyValueHeads() * config.headDim();
    long hidden = config.hiddenSize();
    long inner = config.intermediateSize();
    long layerChannels = queries + 2 * keys + 2 * hidden + 2 * inner;
    long heads = config.tieWordEmbeddings() ? 1 : 2;
    long matrices = matrixElements();
    long channels = heads * config.vocabSize() + config.numHiddenLayers() * layerChannels;
    return matrices + FLOAT * (channels + parameters() - matrices);
  }

  /** Elements of embedding, head and projections. */
  long matrixElements() {
    long heads = config.tieWordEmbeddings() ? 1 : 2;
    return heads * config.vocabSize() * config.hiddenSize()
        + config.numHiddenLayers() * layerMatrices();
  }

  /**
   * The int8 package: weights, rotary tables of half a head each for sine and cosine, graph and
   * tokenizer.
   */
  public long int8PackageBytes(int context) {
    return int8Bytes() + besideWeights(context);
  }

  /** What a package has besides its weights. */
  long besideWeights(int context) {
    long rotary = (long) FLOAT * context * config.headDim();
    long graph = GRAPH_BYTES_PER_LAYER * config.numHiddenLayers();
    return rotary + graph + TOKENIZER_BYTES_PER_ID * config.vocabSize();
  }

  /** Keys and values of one sequence in fp32. */
  public long kvCacheBytes(int tokens) {
    long width = (long) config.numKeyValueHeads() * config.headDim();
    return 2L * config.numHiddenLayers() * width * tokens * FLOAT;
  }

  /**
   * What the backward pass needs from the forward pass of a batch: per token and layer the inputs
   * of the norms, projections and the MLP, and the attention weights of each head.
   */
  long activationBytes(long tokens, int rowLength) {
    long queries = (long) config.numAttentionHeads() * config.headDim();
    long keys = (long) config.numKeyValueHeads() * config.headDim();
    long perToken =
        4L * config.hiddenSize()
            + 3 * queries
            + 4 * keys
            + 4L * config.intermediateSize()
            + (long) config.numAttentionHeads() * rowLength;
    return FLOAT * tokens * config.numHiddenLayers() * perToken;
  }

  /** Elements of a layer's projections. */
  long layerMatrices() {
    long queries = (long) config.numAttentionHeads() * config.headDim();
    long keys = (long) config.numKeyValueHeads() * config.headDim();
    return 2L * config.hiddenSize() * (queries + keys)
        + 3L * config.hiddenSize() * config.intermediateSize();
  }

  /** Weights with the projections in NF4: 4 bits, and a scale of 32 or about 8 bits for 64. */
  long nf4Bytes(boolean doubleQuant) {
    long packed = config.numHiddenLayers() * layerMatrices();
    double bits = 4 + (doubleQuant ? 8.0 + 32.0 / 256 : 32.0) / 64;
    return FLOAT * (parameters() - packed) + Math.round(packed * bits / 8);
  }

  /**
   * What a backward pass needs that computes each layer again: the layers' inputs, and of one layer
   * its activations and its unpacked weights.
   */
  long layerwiseBytes(long tokens, int rowLength) {
    long inputs = FLOAT * tokens * config.hiddenSize() * (config.numHiddenLayers() + 1L);
    return inputs
        + activationBytes(tokens, rowLength) / config.numHiddenLayers()
        + FLOAT * layerMatrices();
  }

  /** What one layer of a forward pass without gradients needs on top of the weights. */
  long passingBytes(long tokens, int rowLength) {
    long perToken =
        2L * config.hiddenSize()
            + 3L * config.intermediateSize()
            + (long) config.numAttentionHeads() * rowLength;
    return FLOAT * tokens * perToken;
  }

  /** The same shape with another number of layers. */
  ModelBudget withLayers(int layers) {
    return new ModelBudget(config.withLayers(layers));
  }

  /** Elements of the largest tensor of a package: it lies in one file. */
  long largestTensor() {
    long hidden = config.hiddenSize();
    long queries = (long) config.numAttentionHeads() * config.headDim();
    long keys = (long) config.numKeyValueHeads() * config.headDim();
    long widest = Math.max(config.vocabSize(), config.intermediateSize());
    return hidden * Math.max(widest, queries + 2 * keys);
  }
}
