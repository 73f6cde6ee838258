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
 * A cache [rows, heads, capacity, head size] per layer that attention reads and extends in place:
 * each is bound as input and as output.
 */
final class SharedKvTensors implements KvTensors {
  private final OrtGraph graph;
  private final int rows;
  private final int capacity;
  private final OrtTensors tensors;
  private final Map<String, ByteBuffer> buffers = new LinkedHashMap<>();
  private final Map<String, OnnxTensor> allRows;
  private final LongBuffer mask;

  SharedKvTensors(OrtGraph graph, int rows, int capacity) {
    this.graph = graph;
    this.rows = rows;
    this.capacity = capacity;
    this.tensors = new OrtTensors(graph.environment());
    GenAiConfig config = graph.config();
    long rowBytes = 4L * config.numKeyValueHeads() * capacity * config.headSize();
    for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
      buffers.put(KvNames.pastKey(layer), OrtTensors.allocate(rows * rowBytes));
      buffers.put(KvNames.pastValue(layer), OrtTensors.allocate(rows * rowBytes));
    }
    this.allRows = bind(tensors, 0, rows);
    this.mask = OrtTensors.allocate(8L * rows * capacity).asLongBuffer();
  }

  private Map<String, OnnxTensor> bind(OrtTensors owner, int firstRow, int count) {
    GenAiConfig config = graph.config();
    Map<String, OnnxTensor> bound = new LinkedHashMap<>();
    buffers.forEach(
        (name, buffer) -> {
          int rowBytes = buffer.capacity() / rows;
          FloatBuffer slice =
              buffer
                  .slice(firstRow * rowBytes, count * rowBytes)
                  .order(ByteOrder.nativeOrder())
                  .asFloatBuffer();
          bound.put(
              name,
              owner.floats(slice, count, config.numKeyValueHeads(), capacity, config.headSize()));
        });
    return bound;
  }

  @Override
  public void run(Step step) {
    int count = step.count();
    int total = step.total();
    for (int row = 0; row < step.rows(); row++) {
      for (int i = 0; i < total; i++) {
        mask.put(row * total + i, i < step.lengths()[step.firstRow() + row] ? 1 : 0);
      }
    }
    int vocabSize = graph.config().vocabSize();
    try (OrtTensors scope = new OrtTensors(graph.environment())) {
      Map<String, OnnxTensor> cache =
          step.rows() == rows ? allRows : bind(scope, step.firstRow(), step.rows());
      Map<String, OnnxTensor> inputs = new LinkedHashMap<>(cache);
      LongBuffer ids = step.ids().slice(0, step.rows() * count);
      inputs.put("input_ids", scope.longs(ids, step.rows(), count));
      inputs.put(
          "attention_mask", scope.longs(mask.slice(0, step.rows() * total), step.rows(), total));
      Map<String, OnnxTensor> outputs = new LinkedHashMap<>();
      FloatBuffer all = step.logits().slice(0, step.rows() * count * vocabSize);
      outputs.put("logits", scope.floats(all, step.rows(), count, vocabSize));
      cache.forEach((name, tensor) -> outputs.put(KvNames.present(name), tensor));
      graph.run(inputs, outputs);
    }
  }

  @Override
  public void close() {
    tensors.close();
  }
}
