package org.pocketdistill.pipeline.nf4;

/** The largest absolute value of each block of a matrix. */
public sealed interface Scales {
  /** Of each block. */
  float[] values();

  /** Bytes that they take. */
  long bytes();

  /** In fp32. */
  record Plain(float[] values) implements Scales {
    @Override
    public long bytes() {
      return (long) Float.BYTES * values.length;
    }
  }

  /**
   * Double quantisation: each less the mean, in 8 bits of {@link DynamicMap}, 256 of them with one
   * scale.
   *
   * @param codes of each block
   * @param absmax largest absolute value of each 256 blocks, less the mean
   * @param offset the mean
   */
  record Quantized(byte[] codes, float[] absmax, float offset) implements Scales {
    static Quantized of(float[] values) {
      double sum = 0;
      for (float value : values) {
        sum += value;
      }
      float offset = (float) (sum / values.length);
      byte[] codes = new byte[values.length];
      float[] absmax = new float[(values.length + DynamicMap.BLOCK - 1) / DynamicMap.BLOCK];
      for (int block = 0; block < absmax.length; block++) {
        int end = Math.min(values.length, (block + 1) * DynamicMap.BLOCK);
        for (int i = block * DynamicMap.BLOCK; i < end; i++) {
          absmax[block] = Math.max(absmax[block], Math.abs(values[i] - offset));
        }
        float divisor = Math.max(absmax[block], Float.MIN_NORMAL);
        for (int i = block * DynamicMap.BLOCK; i < end; i++) {
          codes[i] = DynamicMap.code((values[i] - offset) / divisor);
        }
      }
      return new Quantized(codes, absmax, offset);
    }

    @Override
    public float[] values() {
      float[] values = new float[codes.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = DynamicMap.value(codes[i]) * absmax[i / DynamicMap.BLOCK] + offset;
      }
      return values;
    }

    @Override
    public long bytes() {
      return codes.length + (long) Float.BYTES * (absmax.length + 1);
    }
  }
}
