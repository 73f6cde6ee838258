/**
 * Rounding of weights in the forward pass of a training, so that they learn to be rounded: what a
 * model computes with is, to the bit, what its int4 file will stand for.
 *
 * <p>Knows decoders, the settings of an int4 file and where its graph puts weights; nothing of
 * losses, data or jobs.
 */
package org.pocketdistill.pipeline.recover;
