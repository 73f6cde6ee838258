package org.pocketdistill.pipeline.lm;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** ONNX Runtime's views of direct buffers, closed together. */
final class OrtTensors implements AutoCloseable {
  private static final AtomicInteger LIVE = new AtomicInteger();

  private final OrtEnvironment environment;
  private final List<OnnxTensor> tensors = new ArrayList<>();

  OrtTensors(OrtEnvironment environment) {
    this.environment = environment;
  }

  /** Number of tensors of all objects of this class that are not closed yet. */
  static int live() {
    return LIVE.get();
  }

  /** Zeros, outside the heap. */
  static ByteBuffer allocate(long bytes) {
    if (bytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "%d bytes for one tensor, at most 2 GiB; use fewer rows".formatted(bytes));
    }
    return ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.nativeOrder());
  }

  OnnxTensor floats(FloatBuffer direct, long... shape) {
    try {
      return register(OnnxTensor.createTensor(environment, direct, shape));
    } catch (OrtException e) {
      throw new IllegalStateException("ONNX Runtime failed: " + e.getMessage(), e);
    }
  }

  OnnxTensor longs(LongBuffer direct, long... shape) {
    try {
      return register(OnnxTensor.createTensor(environment, direct, shape));
    } catch (OrtException e) {
      throw new IllegalStateException("ONNX Runtime failed: " + e.getMessage(), e);
    }
  }

  private OnnxTensor register(OnnxTensor tensor) {
    LIVE.incrementAndGet();
    tensors.add(tensor);
    return tensor;
  }

  @Override
  public void close() {
    for (OnnxTensor tensor : tensors) {
      tensor.close();
      LIVE.decrementAndGet();
    }
    tensors.clear();
  }
}
