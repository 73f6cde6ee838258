package org.pocketdistill.pipeline.torch;

/** Type of the numbers in matrix products, by libtorch's number. */
public enum ComputeDtype {
  FP32(6),
  BF16(15);

  private final int scalarType;

  ComputeDtype(int scalarType) {
    this.scalarType = scalarType;
  }

  /** The number as kernel sources write it. */
  public String scalarType() {
    return Integer.toString(scalarType);
  }
}
