package org.pocketdistill.pipeline.model;

/** How the matrices of frozen projections are kept in memory; all other weights are fp32. */
public enum ProjectionFormat {
  /** As they are. */
  FP32,
  /** In 4 bits with a scale for each 64 elements; see {@code pipeline.nf4}. */
  NF4,
  /** The same with the scales in 8 bits. */
  NF4_DOUBLE_QUANT;

  /** Whether kernels have to unpack them. */
  boolean isPacked() {
    return this != FP32;
  }
}
