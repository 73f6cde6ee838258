package org.pocketdistill.pipeline.nf4;

import java.util.Arrays;

/**
 * The signed dynamic 8-bit type of bitsandbytes (arXiv 1511.04561): decades from 1e−6 to 1, each
 * with twice as many values as the one below.
 *
 * <pre>
 * for i in 0..6: ± 10^(i − 6) · the 2^i middles between neighbours of linspace(0.1, 1, 2^i + 1);
 * and 0 and 1</pre>
 */
public final class DynamicMap {
  /** Values that share a scale. */
  static final int BLOCK = 256;

  private static final int DECADES = 7;
  private static final float[] VALUES = build();

  private DynamicMap() {}

  private static float[] build() {
    float[] values = new float[256];
    int n = 0;
    for (int decade = 0; decade < DECADES; decade++) {
      int items = 1 << decade;
      float factor = (float) Math.pow(10, decade - (DECADES - 1));
      for (int i = 0; i < items; i++) {
        float mean = (boundary(i, items) + boundary(i + 1, items)) / 2;
        values[n++] = factor * mean;
        values[n++] = -factor * mean;
      }
    }
    values[n++] = 0;
    values[n] = 1;
    Arrays.sort(values);
    return values;
  }

  /** Of linspace(0.1, 1) in fp32, which counts from the nearer end, each rounded once. */
  private static float boundary(int i, int items) {
    float step = (1f - 0.1f) / items;
    return i < (items + 1) / 2
        ? Math.fma(step, (float) i, 0.1f)
        : Math.fma(-step, (float) (items - i), 1f);
  }

  /** The 256 values, rising from just above −1 to 1. */
  public static float[] values() {
    return VALUES.clone();
  }

  static float value(byte code) {
    return VALUES[code & 0xFF];
  }

  /** The code of the nearest value; the lower of two that are equally near. */
  static byte code(float scaled) {
    int above = Arrays.binarySearch(VALUES, scaled);
    if (above >= 0) {
      return (byte) above;
    }
    int right = -above - 1;
    if (right == 0 || right == VALUES.length) {
      return (byte) Math.min(right, VALUES.length - 1);
    }
    boolean nearer = VALUES[right] - scaled < scaled - VALUES[right - 1];
    return (byte) (nearer ? right : right - 1);
  }
}
