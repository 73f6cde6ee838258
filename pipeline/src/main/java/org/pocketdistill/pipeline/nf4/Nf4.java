package org.pocketdistill.pipeline.nf4;

/**
 * The 16 values of NF4: quantiles of N(0, 1), divided by the largest, with an exact zero (QLoRA,
 * arXiv 2305.14314, appendix E; the fp32 numbers of bitsandbytes).
 */
public final class Nf4 {
  /** Elements that share a scale. */
  public static final int BLOCK = 64;

  /** The code of 0, which fills what is left of a byte. */
  public static final int ZERO = 7;

  private static final float[] VALUES = {
    -1.0f,
    -0.6961928f,
    -0.52507305f,
    -0.3949175f,
    -0.28444138f,
    -0.18477343f,
    -0.091050036f,
    0.0f,
    0.0795803f,
    0.1609302f,
    0.2461123f,
    0.33791524f,
    0.44070983f,
    0.562617f,
    0.72295684f,
    1.0f
  };

  private static final float[] MIDPOINTS = midpoints();

  private Nf4() {}

  private static float[] midpoints() {
    float[] midpoints = new float[VALUES.length - 1];
    for (int i = 0; i < midpoints.length; i++) {
      midpoints[i] = (VALUES[i] + VALUES[i + 1]) / 2;
    }
    return midpoints;
  }

  /** The value of a code from 0 to 15, from −1 to 1. */
  public static float value(int code) {
    return VALUES[code];
  }

  /** The code of the nearest value; the lower of two that are equally near. */
  static int code(float scaled) {
    int code = 0;
    while (code < MIDPOINTS.length && scaled > MIDPOINTS[code]) {
      code++;
    }
    return code;
  }
}
