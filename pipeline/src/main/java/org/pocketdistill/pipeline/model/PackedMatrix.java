package org.pocketdistill.pipeline.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.util.List;
import org.pocketdistill.pipeline.nf4.DynamicMap;
import org.pocketdistill.pipeline.nf4.Nf4;
import org.pocketdistill.pipeline.nf4.Nf4Matrix;
import org.pocketdistill.pipeline.nf4.Scales;
import org.pocketdistill.pipeline.torch.Torch;

/**
 * A matrix in NF4 in libtorch's memory, as the kernels take it.
 *
 * @param shape [out, in] of the matrix
 * @param codes [32 · blocks] two elements a byte, whole blocks
 * @param state scales [blocks] in fp32 or 8 bits; of the latter scales [blocks / 256] and offset
 *     []; rows []
 */
record PackedMatrix(Shape shape, NDArray codes, List<NDArray> state) {
  /** Arrays in {@code state}. */
  static final int STATE = 4;

  static PackedMatrix of(NDManager owner, NDArray matrix, boolean doubleQuant) {
    Shape shape = matrix.getShape();
    Nf4Matrix packed = Nf4Matrix.quantize(matrix.toFloatArray(), doubleQuant);
    NDArray rows = Torch.copyOf(owner, new long[] {shape.get(0)}, new Shape());
    return new PackedMatrix(
        shape, bytes(owner, packed.wholeBlocks()), state(owner, packed.scales(), rows));
  }

  private static List<NDArray> state(NDManager owner, Scales scales, NDArray rows) {
    if (scales instanceof Scales.Quantized quantized) {
      return List.of(
          bytes(owner, quantized.codes()),
          floats(owner, quantized.absmax()),
          Torch.copyOf(owner, new float[] {quantized.offset()}, new Shape()),
          rows);
    }
    NDArray none = floats(owner);
    return List.of(floats(owner, scales.values()), none, none, rows);
  }

  private static NDArray floats(NDManager owner, float... values) {
    return Torch.copyOf(owner, values, new Shape(values.length));
  }

  private static NDArray bytes(NDManager owner, byte[] values) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(values.length).put(values).flip();
    try (NDArray lent = owner.create(buffer, new Shape(values.length), DataType.UINT8)) {
      return lent.duplicate();
    }
  }

  /** Values of the two elements of a byte [256, 2], and of a scale in 8 bits [256]. */
  static List<NDArray> tables(NDManager owner) {
    float[] pairs = new float[512];
    for (int i = 0; i < 256; i++) {
      pairs[2 * i] = Nf4.value(i >> 4);
      pairs[2 * i + 1] = Nf4.value(i & 0xF);
    }
    return List.of(
        Torch.copyOf(owner, pairs, new Shape(256, 2)), floats(owner, DynamicMap.values()));
  }

  /** The values that it stands for. */
  float[] values() {
    byte[] packed = bytes(codes);
    NDArray scales = state.get(0);
    Scales read =
        scales.getDataType() == DataType.UINT8
            ? new Scales.Quantized(
                bytes(scales), state.get(1).toFloatArray(), state.get(2).getFloat())
            : new Scales.Plain(scales.toFloatArray());
    return new Nf4Matrix(Math.toIntExact(shape.size()), packed, read).dequantize();
  }

  private static byte[] bytes(NDArray array) {
    byte[] bytes = new byte[Math.toIntExact(array.size())];
    array.toByteBuffer(false).get(bytes);
    return bytes;
  }

  long bytes() {
    long bytes = codes.size();
    for (NDArray array : state) {
      bytes += array.size() * array.getDataType().getNumOfBytes();
    }
    return bytes;
  }
}
