package org.pocketdistill.pipeline.quantize;

import java.io.ByteArrayOutputStream;
import java.io.IOException;

/** What the codes of a matrix stand for. */
public final class Dequantized {
  private Dequantized() {}

  /** Rounds a matrix and gives [rows][columns]. */
  public static float[][] of(BlockQuantizer quantizer, RowMatrix matrix) throws IOException {
    ByteArrayOutputStream codes = new ByteArrayOutputStream();
    BlockScales found = quantizer.quantize(matrix, codes::writeBytes);
    BlockFormat format = quantizer.format();
    byte[] packed = codes.toByteArray();
    int blocks = format.blocks(matrix.columns());
    float[][] values = new float[matrix.rows()][matrix.columns()];
    for (int row = 0; row < values.length; row++) {
      for (int i = 0; i < values[row].length; i++) {
        int block = i / format.blockSize();
        int code = code(format, packed, row * blocks * format.blockBytes(), i);
        float zero = zero(format, found.zeroPoints(), row, blocks, block);
        values[row][i] = (code - zero) * found.scales()[row * blocks + block];
      }
    }
    return values;
  }

  private static float zero(BlockFormat format, ZeroPoints zeros, int row, int blocks, int block) {
    if (zeros instanceof ZeroPoints.Fractional fractional) {
      return fractional.values()[row * blocks + block];
    }
    if (zeros instanceof ZeroPoints.Packed packed) {
      return code(format, packed.bytes(), row * format.packedBytes(blocks), block);
    }
    return format.bits() == 4 ? 8 : 128;
  }

  static int code(BlockFormat format, byte[] packed, int start, int index) {
    if (format.bits() == 8) {
      return packed[start + index] & 0xff;
    }
    return (packed[start + index / 2] >> (4 * (index % 2))) & 0xf;
  }
}
