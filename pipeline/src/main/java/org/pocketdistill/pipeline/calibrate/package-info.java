/**
 * What quantisation learns from text that runs through a model, layer by layer: second moments of
 * the inputs of its matrices, and the matrices rounded by them (GPTQ); what a layer loses with 4
 * and with 8 bits; the ranges of the inputs, and large activations moved into the weights
 * (SmoothQuant), so that both can be rounded to bytes before anything runs.
 *
 * <p>Forward passes only. Knows decoders, their weights and how matrices are rounded; nothing of
 * jobs, graphs or exported files.
 */
package org.pocketdistill.pipeline.calibrate;
