package org.pocketdistill.pipeline.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.config.StaticShapes;
import org.pocketdistill.pipeline.model.ModelConfig;

/**
 * Lengths of the dimensions of a decoder's inputs and outputs: a Long where it is fixed, a String,
 * its name, where it is not.
 *
 * @param past tokens in the cache that goes in
 * @param total tokens in the cache that comes out, and in the attention mask
 * @param headSize elements of a head in the cache
 */
record ValueShapes(Object batch, Object sequence, Object past, Object total, long headSize) {
  /** All of them free. */
  static ValueShapes free(int headSize) {
    return new ValueShapes(
        "batch_size", "sequence_length", "past_sequence_length", "total_sequence_length", headSize);
  }

  /**
   * All of them fixed: the cache takes all tokens of a context but the last.
   *
   * @throws DataException if a run has more tokens than the context
   */
  static ValueShapes fixed(StaticShapes shapes, int contextLength, int headSize) {
    if (shapes.sequence() > contextLength) {
      throw new DataException(
          "static shapes %s: %d new tokens in a run, expected at most %d, the context length"
              .formatted(shapes, shapes.sequence(), contextLength));
    }
    long past = contextLength - 1L;
    long sequence = shapes.sequence();
    return new ValueShapes((long) shapes.batch(), sequence, past, past + sequence, headSize);
  }

  /** Declares the inputs and outputs of a graph. */
  void declare(OnnxGraph graph, ModelConfig config, boolean positionIds) {
    graph.input("input_ids", DataType.INT64, batch, sequence);
    graph.input("attention_mask", DataType.INT64, batch, total);
    if (positionIds) {
      graph.input("position_ids", DataType.INT64, batch, sequence);
    }
    graph.output("logits", DataType.FLOAT, batch, sequence, (long) config.vocabSize());
    long heads = config.numKeyValueHeads();
    for (boolean key : new boolean[] {true, false}) {
      for (int i = 0; i < config.numHiddenLayers(); i++) {
        String in = key ? KvNames.pastKey(i) : KvNames.pastValue(i);
        String out = key ? KvNames.presentKey(i) : KvNames.presentValue(i);
        graph.input(in, DataType.FLOAT, batch, heads, past, headSize);
        graph.output(out, DataType.FLOAT, batch, heads, total, headSize);
      }
    }
  }
}
