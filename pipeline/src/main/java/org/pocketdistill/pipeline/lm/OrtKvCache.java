package org.pocketdistill.pipeline.lm;

import ai.onnxruntime.OnnxTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.pocketdistill.pipeline.onnx.GenAiConfig;
import org.pocketdistill.pipeline.onnx.KvNames;

/**
 * Keys and values of several sequences, [rows, heads, capacity, head size] per layer, outside the
 * heap. Attention reads and extends them in place: each is bound as input and as output.
 *
 * <p>Prompts are read row by row, so that no row sees padding and the logits in memory are bounded;
 * then all rows advance together. Owns its tensors; close it.
 */
final class OrtKvCache implements AutoCloseable {
  /** Limit for the logits of one run: longer prompts are read in pieces. */
  private static final int LOGITS_BYTES = 64 << 20;

  private final OrtGraph graph;
  private final OrtTensors tensors;
  private final Map<String, ByteBuffer> buffers = new LinkedHashMap<>();
  private final Map<String, OnnxTensor> allRows;
  private final int[] lengths;
  private final int capacity;
  private final int pieceLength;
  private final LongBuffer ids;
  private final LongBuffer mask;
  private final FloatBuffer logits;

  /** Receives the logits after a position; the array is used again. */
  @FunctionalInterface
  interface LogitsConsumer {
    void accept(int position, float[] logits);
  }

  OrtKvCache(OrtGraph graph, int rows, int capacity) {
    this(graph, rows, capacity, LOGITS_BYTES / Float.BYTES / graph.config().vocabSize());
  }

  /**
   * A cache of a given piece length.
   *
   * @param pieceLength tokens of a prompt that are read in one run, at least 1
   */
  OrtKvCache(OrtGraph graph, int rows, int capacity, int pieceLength) {
    this.graph = graph;
    this.capacity = capacity;
    this.lengths = new int[rows];
    this.tensors = new OrtTensors(graph.environment());
    GenAiConfig config = graph.config();
    long rowBytes = 4L * config.numKeyValueHeads() * capacity * config.headSize();
    for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
      buffers.put(KvNames.pastKey(layer), OrtTensors.allocate(rows * rowBytes));
      buffers.put(KvNames.pastValue(layer), OrtTensors.allocate(rows * rowBytes));
    }
    this.allRows = bind(tensors, 0, rows);
    long tokenBytes = 4L * config.vocabSize();
    this.pieceLength = Math.max(1, Math.min(capacity, pieceLength));
    int inFlight = Math.max(rows, this.pieceLength);
    this.ids = OrtTensors.allocate(8L * inFlight).asLongBuffer();
    this.mask = OrtTensors.allocate(8L * rows * capacity).asLongBuffer();
    this.logits = OrtTensors.allocate(tokenBytes * inFlight).asFloatBuffer();
  }

  private Map<String, OnnxTensor> bind(OrtTensors owner, int firstRow, int rows) {
    GenAiConfig config = graph.config();
    Map<String, OnnxTensor> bound = new LinkedHashMap<>();
    buffers.forEach(
        (name, buffer) -> {
          int rowBytes = buffer.capacity() / lengths.length;
          FloatBuffer slice =
              buffer
                  .slice(firstRow * rowBytes, rows * rowBytes)
                  .order(ByteOrder.nativeOrder())
                  .asFloatBuffer();
          bound.put(
              name,
              owner.floats(slice, rows, config.numKeyValueHeads(), capacity, config.headSize()));
        });
    return bound;
  }

  /** Reads a prompt into a row, replacing what was there. */
  void read(int row, int[] prompt, LogitsConsumer consumer) {
    lengths[row] = 0;
    float[] values = new float[graph.config().vocabSize()];
    try (OrtTensors scope = new OrtTensors(graph.environment())) {
      Map<String, OnnxTensor> oneRow = lengths.length == 1 ? allRows : bind(scope, row, 1);
      for (int first = 0; first < prompt.length; first += pieceLength) {
        int count = Math.min(pieceLength, prompt.length - first);
        for (int i = 0; i < count; i++) {
          ids.put(i, prompt[first + i]);
        }
        lengths[row] = first + count;
        run(oneRow, row, 1, count);
        for (int i = 0; i < count; i++) {
          logits.get(i * values.length, values);
          consumer.accept(first + i, values);
        }
      }
    }
  }

  /** Appends a token to every row; logits [rows][vocabulary] after it. */
  float[][] advance(int[] tokens) {
    if (tokens.length != lengths.length) {
      throw new IllegalArgumentException(
          "%d tokens for %d rows".formatted(tokens.length, lengths.length));
    }
    for (int row = 0; row < tokens.length; row++) {
      ids.put(row, tokens[row]);
      lengths[row]++;
    }
    run(allRows, 0, tokens.length, 1);
    float[][] next = new float[tokens.length][graph.config().vocabSize()];
    for (int row = 0; row < next.length; row++) {
      logits.get(row * next[row].length, next[row]);
    }
    return next;
  }

  /** Runs {@code count} tokens of each of some rows, whose lengths include them already. */
  private void run(Map<String, OnnxTensor> cache, int firstRow, int rows, int count) {
    int total = 0;
    for (int row = firstRow; row < firstRow + rows; row++) {
      total = Math.max(total, lengths[row]);
    }
    if (total > capacity) {
      throw new IllegalStateException("no room: %d tokens were reserved".formatted(capacity));
    }
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < total; i++) {
        mask.put(row * total + i, i < lengths[firstRow + row] ? 1 : 0);
      }
    }
    int vocabSize = graph.config().vocabSize();
    try (OrtTensors scope = new OrtTensors(graph.environment())) {
      Map<String, OnnxTensor> inputs = new LinkedHashMap<>(cache);
      inputs.put("input_ids", scope.longs(ids.slice(0, rows * count), rows, count));
      inputs.put("attention_mask", scope.longs(mask.slice(0, rows * total), rows, total));
      Map<String, OnnxTensor> outputs = new LinkedHashMap<>();
      FloatBuffer all = logits.slice(0, rows * count * vocabSize);
      outputs.put("logits", scope.floats(all, rows, count, vocabSize));
      cache.forEach(
          (name, tensor) -> outputs.put(name.replace("past_key_values", "present"), tensor));
      graph.run(inputs, outputs);
    }
  }

  @Override
  public void close() {
    tensors.close();
  }
}
