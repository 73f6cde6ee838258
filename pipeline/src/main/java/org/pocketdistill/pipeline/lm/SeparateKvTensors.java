package org.pocketdistill.pipeline.lm;

import ai.onnxruntime.OnnxTensor;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.pocketdistill.pipeline.onnx.GenAiConfig;
import org.pocketdistill.pipeline.onnx.KvNames;

/**
 * A cache [rows, heads, past, head size] per layer that goes into the graph whole, filled or not;
 * what comes out at its end, the keys and values of the new tokens, is copied to its place.
 *
 * <p>So lengths stay the same from run to run, as a graph of fixed shapes must have them; there,
 * rows and tokens that are too few are padded, and rows that are too many run one batch after the
 * other.
 */
final class SeparateKvTensors implements KvTensors {
  private final OrtGraph graph;
  private final int past;
  private final Map<String, FloatBuffer> cache = new LinkedHashMap<>();
  private final Map<String, FloatBuffer> present = new LinkedHashMap<>();
  private final LongBuffer ids;
  private final LongBuffer positions;
  private final LongBuffer mask;
  private final Optional<FloatBuffer> padded;

  SeparateKvTensors(OrtGraph graph, int rows, int capacity, int pieceLength) {
    this.graph = graph;
    this.past = graph.fixed().map(FixedShapes::past).orElse(capacity);
    int batch = graph.fixed().map(FixedShapes::batch).orElse(rows);
    int sequence = graph.fixed().map(FixedShapes::sequence).orElse(pieceLength);
    // Free shapes: all rows by one token, or one row by a piece.
    long tokens = graph.fixed().isPresent() ? (long) batch * sequence : Math.max(rows, sequence);
    long slots =
        graph.fixed().isPresent()
            ? batch * ((long) past + sequence)
            : Math.max(rows * (past + 1L), (long) past + sequence);
    GenAiConfig config = graph.config();
    long slotBytes = (long) Float.BYTES * config.numKeyValueHeads() * config.headSize();
    // A batch of a fixed size may begin at the last row.
    int stored = graph.fixed().isPresent() ? rows + batch - 1 : rows;
    for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
      for (String name : new String[] {KvNames.pastKey(layer), KvNames.pastValue(layer)}) {
        cache.put(name, OrtTensors.allocate(slotBytes * stored * past).asFloatBuffer());
        present.put(name, OrtTensors.allocate(slotBytes * slots).asFloatBuffer());
      }
    }
    this.ids = OrtTensors.allocate(Long.BYTES * tokens).asLongBuffer();
    this.positions = OrtTensors.allocate(Long.BYTES * tokens).asLongBuffer();
    this.mask = OrtTensors.allocate(Long.BYTES * slots).asLongBuffer();
    long logitBytes = (long) Float.BYTES * config.vocabSize();
    this.padded =
        graph.fixed().map(any -> OrtTensors.allocate(logitBytes * tokens).asFloatBuffer());
  }

  @Override
  public void run(Step step) {
    int batch = graph.fixed().map(FixedShapes::batch).orElse(step.rows());
    int end = step.firstRow() + step.rows();
    for (int row = step.firstRow(); row < end; row += batch) {
      run(step, row, Math.min(batch, end - row), batch);
    }
  }

  /** Runs {@code rows} rows as a batch that may have room for more. */
  private void run(Step step, int firstRow, int rows, int batch) {
    int sequence = graph.fixed().map(FixedShapes::sequence).orElse(step.count());
    for (int row = 0; row < batch; row++) {
      fill(step, firstRow, row, row < rows ? step.count() : 0, sequence);
    }
    FloatBuffer logits = padded.orElse(step.logits());
    run(firstRow, batch, sequence, logits);
    int vocabSize = graph.config().vocabSize();
    for (int row = 0; row < rows; row++) {
      if (padded.isPresent()) {
        int target = (firstRow - step.firstRow() + row) * step.count() * vocabSize;
        int length = step.count() * vocabSize;
        step.logits().put(target, logits, row * sequence * vocabSize, length);
      }
      keep(step, firstRow + row, row, past + sequence);
    }
  }

  /** Sets what goes in for a row of the batch that has {@code count} new tokens. */
  private void fill(Step step, int firstRow, int row, int count, int sequence) {
    int total = past + sequence;
    int before = count == 0 ? 0 : step.lengths()[firstRow + row] - count;
    for (int i = 0; i < total; i++) {
      boolean there = i < past ? i < before : i - past < count;
      mask.put(row * total + i, there ? 1 : 0);
    }
    int source = (firstRow - step.firstRow() + row) * step.count();
    for (int i = 0; i < sequence; i++) {
      ids.put(row * sequence + i, i < count ? step.ids().get(source + i) : 0);
      positions.put(row * sequence + i, i < count ? before + i : 0);
    }
  }

  private void run(int firstRow, int batch, int sequence, FloatBuffer logits) {
    GenAiConfig config = graph.config();
    int heads = config.numKeyValueHeads();
    int size = config.headSize();
    int total = past + sequence;
    int rowLength = heads * past * size;
    try (OrtTensors scope = new OrtTensors(graph.environment())) {
      Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
      Map<String, OnnxTensor> outputs = new LinkedHashMap<>();
      inputs.put("input_ids", scope.longs(ids.slice(0, batch * sequence), batch, sequence));
      inputs.put(
          "position_ids", scope.longs(positions.slice(0, batch * sequence), batch, sequence));
      inputs.put("attention_mask", scope.longs(mask.slice(0, batch * total), batch, total));
      FloatBuffer scores = logits.slice(0, batch * sequence * config.vocabSize());
      outputs.put("logits", scope.floats(scores, batch, sequence, config.vocabSize()));
      cache.forEach(
          (name, buffer) -> {
            FloatBuffer rows = buffer.slice(firstRow * rowLength, batch * rowLength);
            inputs.put(name, scope.floats(rows, batch, heads, past, size));
            FloatBuffer longer = present.get(name).slice(0, batch * heads * total * size);
            outputs.put(KvNames.present(name), scope.floats(longer, batch, heads, total, size));
          });
      graph.run(inputs, outputs);
    }
  }

  /** Copies keys and values of a row's new tokens to where they stand in the cache. */
  private void keep(Step step, int row, int rowOfBatch, int total) {
    int heads = graph.config().numKeyValueHeads();
    int size = graph.config().headSize();
    int before = step.lengths()[row] - step.count();
    int kept = Math.min(step.count(), past - before); // none after the last token of a context
    for (Map.Entry<String, FloatBuffer> entry : cache.entrySet()) {
      FloatBuffer from = present.get(entry.getKey());
      for (int head = 0; head < heads; head++) {
        int source = ((rowOfBatch * heads + head) * total + past) * size;
        int target = ((row * heads + head) * past + before) * size;
        entry.getValue().put(target, from, source, kept * size);
      }
    }
  }

  @Override
  public void close() {
    // Tensors live for one run; the buffers are the collector's.
  }
}
