package org.pocketdistill.pipeline.quantize;

import java.io.ByteArrayOutputStream;
import java.io.IOException;

/** What the codes of a matrix stand for. */
public final class Dequantized {
  private Dequantized() {}

  /** Rounds a matrix and gives [rows][columns]. */
  public static float[][] of(BlockQuantizer quantizer, RowMatrix matrix) throws IOException {
    ByteArrayOutputStream codes = new ByteArrayOutputStream();
    BlockScales scales = quantizer.quantize(matrix, codes::writeBytes);
    return of(quantizer.format(), scales, codes.toByteArray(), matrix.columns());
  }

  /**
   * What codes stand for, [rows][columns].
   *
   * @param packed [rows, blocks · blockBytes] codes, one row after the other
   */
  public static float[][] of(BlockFormat format, BlockScales found, byte[] packed, int columns) {
    int blocks = format.blocks(columns);
    float[][] values = new float[found.scales().length / blocks][columns];
    for (int row = 0; row < values.length; row++) {
      for (int i = 0; i < columns; i++) {
        int block = i / format.blockSize();
        int code = format.code(packed, row * blocks * format.blockBytes(), i);
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
      return format.code(packed.bytes(), row * format.packedBytes(blocks), block);
    }
    return format.middle();
  }
}
