package org.pocketdistill.pipeline.calibrate;

/**
 * What rounding a matrix does to its outputs on the calibration tokens: Σ |(Ŵ − W) x|² / Σ |W x|².
 *
 * @param matrix name in the model, {@code model.layers.0.mlp.up_proj.weight} for example
 * @param rtn to the nearest step
 * @param gptq with GPTQ, which follows
 */
public record RoundingError(String matrix, double rtn, double gptq) {}
