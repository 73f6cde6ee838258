package org.pocketdistill.pipeline.quantize;

import java.io.IOException;
import java.util.Arrays;

/**
 * Each block by itself, as ONNX Runtime's MatMulNBits quantizer rounds (MLAS), to the bit:
 *
 * <pre>
 * symmetric:  m = the element of largest magnitude, the smaller one of two
 *             scale = m / −2^(bits − 1);  zero = 2^(bits − 1)
 * otherwise:  scale = (max(0, max) − min(0, min)) / (2^bits − 1);  zero = round(−min(0, min) / scale)
 * code = round(w · (1 / scale) + zero), limited to what the bits hold
 * </pre>
 *
 * In fp32, halves away from zero. Elements beyond the end of a row get the code 0.
 *
 * @param symmetric without zero points
 */
public record RoundToNearest(BlockFormat format, boolean symmetric) implements BlockQuantizer {
  @Override
  public BlockScales quantize(RowMatrix matrix, CodeSink sink) throws IOException {
    int blocks = format.blocks(matrix.columns());
    int zeroBytes = format.packedBytes(blocks);
    float[] scales = new float[Math.multiplyExact(matrix.rows(), blocks)];
    byte[] zeros = new byte[symmetric ? 0 : Math.multiplyExact(matrix.rows(), zeroBytes)];
    float[] values = new float[matrix.columns()];
    byte[] codes = new byte[blocks * format.blockBytes()];
    for (int row = 0; row < matrix.rows(); row++) {
      matrix.finiteRow(row, values);
      Arrays.fill(codes, (byte) 0);
      for (int block = 0; block < blocks; block++) {
        int start = block * format.blockSize();
        int end = Math.min(values.length, start + format.blockSize());
        Grid grid = symmetric ? symmetric(values, start, end) : asymmetric(values, start, end);
        scales[row * blocks + block] = grid.scale();
        if (!symmetric) {
          format.put(zeros, row * zeroBytes, block, grid.zero());
        }
        float reciprocal = grid.scale() == 0 ? 0 : 1 / grid.scale();
        for (int i = start; i < end; i++) {
          format.put(codes, 0, i, code(values[i] * reciprocal + grid.zero()));
        }
      }
      if (!symmetric && zeroBytes * 8 > blocks * format.bits()) {
        format.put(zeros, row * zeroBytes, blocks, format.middle());
      }
      sink.write(codes);
    }
    return new BlockScales(
        scales, symmetric ? new ZeroPoints.Middle() : new ZeroPoints.Packed(zeros));
  }

  private record Grid(float scale, int zero) {}

  private Grid symmetric(float[] values, int start, int end) {
    float smallest = values[start];
    float largest = values[start];
    for (int i = start; i < end; i++) {
      smallest = Math.min(smallest, values[i]);
      largest = Math.max(largest, values[i]);
    }
    float extreme = Math.abs(smallest) >= Math.abs(largest) ? smallest : largest;
    return new Grid(extreme / -format.middle(), format.middle());
  }

  private Grid asymmetric(float[] values, int start, int end) {
    float smallest = 0;
    float largest = 0;
    for (int i = start; i < end; i++) {
      smallest = Math.min(smallest, values[i]);
      largest = Math.max(largest, values[i]);
    }
    float scale = (largest - smallest) / format.largestCode();
    return new Grid(scale, scale == 0 ? 0 : code(-smallest / scale));
  }

  /** Negative numbers become 0 either way, so that only positive halves have to go up. */
  private int code(float value) {
    return format.clamp(Math.floor(value + 0.5));
  }
}
