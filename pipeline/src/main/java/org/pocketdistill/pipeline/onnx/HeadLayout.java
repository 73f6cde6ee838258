package org.pocketdistill.pipeline.onnx;

/**
 * Where the elements of an attention head stand in the exported graph.
 *
 * <p>GroupQueryAttention with a fused rotary embedding takes head sizes that are multiples of 16.
 * Other heads are widened with zeros at the end of each half, since the rotary embedding pairs
 * element j with element j + half; zeros change no dot product.
 *
 * @param size elements of a head
 */
public record HeadLayout(int size) {
  private static final int MULTIPLE = 16;

  /** Elements of a head with its zeros. */
  public int paddedSize() {
    return (size + MULTIPLE - 1) / MULTIPLE * MULTIPLE;
  }

  boolean isPadded() {
    return paddedSize() != size;
  }

  /** Index of element {@code j} in the widened head. */
  int position(int j) {
    int half = size / 2;
    return j < half ? j : paddedSize() / 2 + j - half;
  }

  /** Index of element {@code index} of several heads side by side, all widened. */
  int positionInHeads(int index) {
    return index / size * paddedSize() + position(index % size);
  }

  /** Values of several heads side by side, each widened with zeros. */
  float[] pad(float[] heads) {
    float[] padded = new float[heads.length / size * paddedSize()];
    for (int i = 0; i < heads.length; i++) {
      padded[positionInHeads(i)] = heads[i];
    }
    return padded;
  }
}
