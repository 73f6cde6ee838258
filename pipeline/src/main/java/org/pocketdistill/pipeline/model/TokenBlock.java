package org.pocketdistill.pipeline.model;

import ai.djl.ndarray.NDArray;

/**
 * Tokens on their way through the layers. B rows, T tokens, S visible tokens, d head width.
 *
 * @param ids [B, T]
 * @param cos [B, T, 1, d] rotary cosines of the tokens' positions
 * @param sin [B, T, 1, d] rotary sines
 * @param mask additive attention mask [B, 1, 1, T, S]
 */
public record TokenBlock(NDArray ids, NDArray cos, NDArray sin, NDArray mask) {}
