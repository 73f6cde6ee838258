package org.pocketdistill.pipeline.quantize;

import java.io.IOException;

/**
 * {@link Gptq} in blocks of neighbouring columns, for a matrix whose inputs are known. A few
 * hundred rows are held at a time.
 *
 * @param format of the codes: GPTQ's bits and groups
 * @param prepared with static groups, or with columns from left to right: a block is a group
 */
public record GptqBlocks(BlockFormat format, Gptq.Prepared prepared) implements BlockQuantizer {
  private static final int ROWS_TOGETHER = 256;

  /** Checks that groups are blocks. */
  public GptqBlocks {
    Gptq gptq = prepared.gptq();
    if (gptq.bits() != format.bits() || gptq.groupSize() != format.blockSize()) {
      throw new IllegalArgumentException(gptq + " does not fill " + format);
    }
    if (gptq.actOrder() && !gptq.staticGroups()) {
      throw new IllegalArgumentException(gptq + ": its groups are no blocks of neighbours");
    }
  }

  @Override
  public BlockScales quantize(RowMatrix matrix, CodeSink sink) throws IOException {
    int blocks = format.blocks(matrix.columns());
    int zeroBytes = format.packedBytes(blocks);
    boolean symmetric = prepared.gptq().symmetric();
    float[] scales = new float[Math.multiplyExact(matrix.rows(), blocks)];
    byte[] zeros = new byte[symmetric ? 0 : Math.multiplyExact(matrix.rows(), zeroBytes)];
    for (int first = 0; first < matrix.rows(); first += ROWS_TOGETHER) {
      int count = Math.min(ROWS_TOGETHER, matrix.rows() - first);
      Gptq.Rounded rounded = prepared.quantize(rows(matrix, first, count));
      for (int r = 0; r < count; r++) {
        for (int block = 0; block < blocks; block++) {
          scales[(first + r) * blocks + block] = (float) rounded.scales()[r][block];
        }
        if (!symmetric) {
          pack(rounded.zeros()[r], zeros, (first + r) * zeroBytes);
        }
        sink.write(packed(rounded.codes()[r], blocks));
      }
    }
    return new BlockScales(
        scales, symmetric ? new ZeroPoints.Middle() : new ZeroPoints.Packed(zeros));
  }

  private static double[][] rows(RowMatrix matrix, int first, int count) {
    double[][] rows = new double[count][matrix.columns()];
    float[] values = new float[matrix.columns()];
    for (int r = 0; r < count; r++) {
      matrix.finiteRow(first + r, values);
      for (int i = 0; i < values.length; i++) {
        rows[r][i] = values[i];
      }
    }
    return rows;
  }

  private void pack(double[] zeros, byte[] target, int start) {
    for (int block = 0; block < zeros.length; block++) {
      format.put(target, start, block, (int) zeros[block]);
    }
    if (format.packedBytes(zeros.length) * 8 > zeros.length * format.bits()) {
      format.put(target, start, zeros.length, format.middle());
    }
  }

  private byte[] packed(int[] codes, int blocks) {
    byte[] packed = new byte[blocks * format.blockBytes()];
    for (int i = 0; i < codes.length; i++) {
      format.put(packed, 0, i, codes[i]);
    }
    return packed;
  }
}
