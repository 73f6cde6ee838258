package org.pocketdistill.pipeline.plan;

import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.config.Int4Config.Algorithm;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.quantize.BlockFormat;

/** Bytes of a model's int4 package. */
public record Int4Budget(ModelBudget model, Int4Config int4) {
  private static final int BITS = 4;

  /** Of the layers that a mixed file does not leave at 4. */
  private static final int WIDE_BITS = 8;

  /**
   * Weights: projections in 4 bits with an fp32 scale for each block, and its zero point if there
   * is one; embedding and head in {@code head_bits} bits, stored once if they are the same; norms
   * and biases in fp32.
   */
  public long weightBytes() {
    ModelConfig config = model.config();
    int hidden = config.hiddenSize();
    int inner = config.intermediateSize();
    int queries = config.numAttentionHeads() * config.headDim();
    int keys = config.numKeyValueHeads() * config.headDim();
    int tables = config.tieWordEmbeddings() ? 1 : 2;
    long matrices =
        tables * (long) config.vocabSize() * hidden
            + config.numHiddenLayers()
                * ((queries + 2L * keys) * hidden + (long) hidden * queries + 3L * inner * hidden);
    return tables * tableBytes()
        + config.numHiddenLayers() * layer(BITS)
        + Float.BYTES * (model.parameters() - matrices);
  }

  /** The package: weights, rotary tables, graph and tokenizer. */
  public long packageBytes(int context) {
    return weightBytes() + model.besideWeights(context);
  }

  /** The same with 8 bits in some of the layers. */
  public long packageBytes(int context, int widened) {
    return packageBytes(context) + widened * (layer(WIDE_BITS) - layer(BITS));
  }

  private long layer(int bits) {
    ModelConfig config = model.config();
    int hidden = config.hiddenSize();
    int inner = config.intermediateSize();
    int queries = config.numAttentionHeads() * config.headDim();
    int keys = config.numKeyValueHeads() * config.headDim();
    return projection(bits, queries + 2 * keys, hidden)
        + projection(bits, hidden, queries)
        + 2 * projection(bits, inner, hidden)
        + projection(bits, hidden, inner);
  }

  private long projection(int bits, int rows, int columns) {
    BlockFormat format = new BlockFormat(bits, int4.blockSize());
    int blocks = format.blocks(columns);
    long zeroPoints = 0;
    if (int4.algorithm() == Algorithm.HQQ && bits == BITS) {
      zeroPoints = (long) Float.BYTES * blocks;
    } else if (!int4.symmetric()) {
      zeroPoints = format.packedBytes(blocks);
    }
    return rows * (codesAndScales(format, blocks) + zeroPoints);
  }

  /** The embedding, or the head. */
  long tableBytes() {
    BlockFormat format = new BlockFormat(int4.headBits(), int4.blockSize());
    int blocks = format.blocks(model.config().hiddenSize());
    return model.config().vocabSize() * codesAndScales(format, blocks);
  }

  private static long codesAndScales(BlockFormat format, int blocks) {
    return (long) blocks * (format.blockBytes() + Float.BYTES);
  }
}
