package org.pocketdistill.pipeline.model;

/**
 * What an adapter adds to the matrix of one projection, {@code W' = W + B A} (LoRA, arXiv
 * 2106.09685).
 *
 * @param module path, for example {@code model.layers.0.self_attn.q_proj}
 * @param a A [rank × inputs]
 * @param b B [outputs × rank], its scale included
 */
public record LowRankUpdate(String module, int rank, float[] a, float[] b) {
  /** Width of the projection's input. */
  public int inputs() {
    return a.length / rank;
  }

  /** Width of the projection's output. */
  public int outputs() {
    return b.length / rank;
  }
}
