package org.pocketdistill.pipeline.model;

/**
 * Cosines and sines of the rotary embedding (RoFormer, arXiv 2104.09864), with the scalings of
 * {@link RopeScaling}.
 *
 * <p>Frequency j of d/2 is {@code theta^(-2j/d)}; angle = position · frequency; the two halves of a
 * head are paired (j, j + d/2).
 */
public final class RotaryTables {
  private final double[] inverseFrequencies;
  private final double attentionScaling;

  /** Frequencies of a model. */
  public RotaryTables(ModelConfig config) {
    double[] plain = plainFrequencies(config.headDim(), config.ropeTheta());
    RopeScaling scaling = config.ropeScaling();
    if (scaling instanceof RopeScaling.Linear linear) {
      inverseFrequencies = divided(plain, linear.factor());
      attentionScaling = 1;
    } else if (scaling instanceof RopeScaling.Llama3 llama3) {
      inverseFrequencies = llama3(plain, llama3);
      attentionScaling = 1;
    } else if (scaling instanceof RopeScaling.Yarn yarn) {
      inverseFrequencies = yarn(plain, config, yarn);
      attentionScaling = yarn.factor() <= 1 ? 1 : 0.1 * Math.log(yarn.factor()) + 1;
    } else {
      inverseFrequencies = plain;
      attentionScaling = 1;
    }
  }

  /** Factor on cosines and sines; 1 for all but YaRN. */
  public double attentionScaling() {
    return attentionScaling;
  }

  /** Inverse frequencies [d/2]. */
  public double[] inverseFrequencies() {
    return inverseFrequencies.clone();
  }

  /** Cosines of positions 0 … positions - 1, [positions × d/2], scaled. */
  public float[] halfCosines(int positions) {
    return table(positions, true);
  }

  /** Sines of positions 0 … positions - 1, [positions × d/2], scaled. */
  public float[] halfSines(int positions) {
    return table(positions, false);
  }

  /** A half-width table [positions × d/2] written twice side by side, [positions × d]. */
  static float[] doubled(float[] half, int width) {
    float[] full = new float[half.length * 2];
    for (int row = 0; row < half.length / width; row++) {
      System.arraycopy(half, row * width, full, 2 * row * width, width);
      System.arraycopy(half, row * width, full, (2 * row + 1) * width, width);
    }
    return full;
  }

  private float[] table(int positions, boolean cosine) {
    int width = inverseFrequencies.length;
    float[] table = new float[positions * width];
    for (int position = 0; position < positions; position++) {
      for (int j = 0; j < width; j++) {
        // The originals keep angles in single precision; so do models trained with them.
        float angle = (float) position * (float) inverseFrequencies[j];
        double value = cosine ? Math.cos(angle) : Math.sin(angle);
        table[position * width + j] = (float) (value * attentionScaling);
      }
    }
    return table;
  }

  /** Frequencies without scaling, [headDim / 2]. */
  static double[] plainFrequencies(int headDim, double theta) {
    double[] frequencies = new double[headDim / 2];
    for (int j = 0; j < frequencies.length; j++) {
      frequencies[j] = Math.pow(theta, -2.0 * j / headDim);
    }
    return frequencies;
  }

  private static double[] divided(double[] frequencies, double factor) {
    double[] result = frequencies.clone();
    for (int j = 0; j < result.length; j++) {
      result[j] /= factor;
    }
    return result;
  }

  static double[] llama3(double[] plain, RopeScaling.Llama3 scaling) {
    double[] result = plain.clone();
    for (int j = 0; j < result.length; j++) {
      double turns = scaling.originalLength() * plain[j] / (2 * Math.PI);
      double smooth =
          (turns - scaling.lowFreqFactor()) / (scaling.highFreqFactor() - scaling.lowFreqFactor());
      smooth = Math.max(0, Math.min(1, smooth));
      result[j] = plain[j] * ((1 - smooth) / scaling.factor() + smooth);
    }
    return result;
  }

  private static double[] yarn(double[] plain, ModelConfig config, RopeScaling.Yarn scaling) {
    int d = config.headDim();
    double low = Math.max(0, Math.floor(bandEdge(config, scaling, scaling.betaFast())));
    double high = Math.min(d - 1, Math.ceil(bandEdge(config, scaling, scaling.betaSlow())));
    double[] result = plain.clone();
    for (int j = 0; j < result.length; j++) {
      double width = high == low ? 0.001 : high - low;
      double ramp = Math.max(0, Math.min(1, (j - low) / width));
      result[j] = plain[j] / scaling.factor() * ramp + plain[j] * (1 - ramp);
    }
    return result;
  }

  /** Index of the frequency that makes {@code rotations} turns over the original length. */
  private static double bandEdge(ModelConfig config, RopeScaling.Yarn scaling, double rotations) {
    return config.headDim()
        * Math.log(scaling.originalLength() / (rotations * 2 * Math.PI))
        / (2 * Math.log(config.ropeTheta()));
  }
}
