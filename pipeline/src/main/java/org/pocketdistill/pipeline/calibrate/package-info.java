/**
 * What quantisation learns from text that runs through a model: second moments of the inputs of its
 * matrices, layer by layer, and the matrices rounded by them.
 *
 * <p>Knows decoders, their weights and how matrices are rounded; nothing of jobs, graphs or
 * exported files.
 */
package org.pocketdistill.pipeline.calibrate;
