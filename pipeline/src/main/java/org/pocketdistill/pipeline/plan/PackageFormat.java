package org.pocketdistill.pipeline.plan;

import java.util.List;
import java.util.Locale;
import org.pocketdistill.pipeline.model.ModelConfig;

/** How a package stores weights, from the largest to the smallest. */
public enum PackageFormat {
  /** Everything in fp32. */
  FP32 {
    @Override
    long weightBytes(ModelBudget model) {
      return model.fp32Bytes();
    }

    @Override
    long tableBytes(ModelConfig config) {
      return Float.BYTES * elements(config);
    }
  },

  /** Matrices in int8 with a scale for each output channel. */
  INT8 {
    @Override
    long weightBytes(ModelBudget model) {
      return model.int8Bytes();
    }

    @Override
    long tableBytes(ModelConfig config) {
      return elements(config) + (long) Float.BYTES * config.vocabSize();
    }
  },

  /**
   * Projections in 4 bits with an fp32 scale for each block of 32 along the input, symmetric
   * (MatMulNBits); embedding and head as with {@link #INT8}.
   */
  INT4 {
    @Override
    long weightBytes(ModelBudget model) {
      ModelConfig config = model.config();
      long others = model.withLayers(0).int8Bytes();
      long norms = 2L * Float.BYTES * config.hiddenSize();
      norms += config.qkNorm() ? 2L * Float.BYTES * config.headDim() : 0;
      long queries = (long) config.numAttentionHeads() * config.headDim();
      long keys = (long) config.numKeyValueHeads() * config.headDim();
      long biases = config.qkvBias() ? Float.BYTES * (queries + 2 * keys) : 0;
      long hidden = config.hiddenSize();
      long inner = config.intermediateSize();
      long blocks =
          (queries + 2 * keys + 2 * inner) * blocks(hidden)
              + hidden * (blocks(queries) + blocks(inner));
      return others + config.numHiddenLayers() * (blocks * BLOCK_BYTES + norms + biases);
    }

    @Override
    long tableBytes(ModelConfig config) {
      return INT8.tableBytes(config);
    }
  };

  private static final int BLOCK = 32;
  private static final long BLOCK_BYTES = BLOCK / 2 + Float.BYTES;

  /** Those with fewer bits, from the largest to the smallest. */
  List<PackageFormat> smaller() {
    return switch (this) {
      case FP32 -> List.of(INT8, INT4);
      case INT8 -> List.of(INT4);
      case INT4 -> List.of();
    };
  }

  /** Bytes of all weights. */
  abstract long weightBytes(ModelBudget model);

  /** Bytes of an embedding, or of a head. */
  abstract long tableBytes(ModelConfig config);

  /**
   * Bytes of the weights that a decoding step reads: all of them, but of an embedding that is not
   * the head as well only a row.
   */
  long bytesPerToken(ModelBudget model) {
    long embedding = model.config().tieWordEmbeddings() ? 0 : tableBytes(model.config());
    return weightBytes(model) - embedding;
  }

  /** Bytes of the largest tensor, which is an embedding, a head or a projection. */
  long largestTensorBytes(ModelBudget model) {
    return model.largestTensor() * (this == FP32 ? Float.BYTES : 1);
  }

  /** Name as in {@code export.precisions}. */
  String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  private static long elements(ModelConfig config) {
    return (long) config.vocabSize() * config.hiddenSize();
  }

  private static long blocks(long length) {
    return (length + BLOCK - 1) / BLOCK;
  }
}
