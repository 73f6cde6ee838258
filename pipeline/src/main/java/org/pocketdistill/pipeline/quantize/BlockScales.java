package org.pocketdistill.pipeline.quantize;

/**
 * What turns the codes of a matrix back into numbers: {@code w = scale · (code − zero)}.
 *
 * @param scales [rows, blocks]
 * @param zeroPoints one for each scale
 */
public record BlockScales(float[] scales, ZeroPoints zeroPoints) {}
