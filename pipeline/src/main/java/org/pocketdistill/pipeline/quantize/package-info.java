/**
 * Rounds matrices to blocks of 4 or 8 bits with a scale each, in the layout of ONNX Runtime's
 * MatMulNBits: to the nearest step, with zero points that are optimised (HQQ), or by what the
 * inputs of a matrix make of its errors (GPTQ). And finds the range of values that are to be
 * rounded to bytes: all of them, a share of them (percentile), or what tells them apart (entropy).
 *
 * <p>Knows numbers and bytes, read row by row; nothing of models, files or graphs.
 */
package org.pocketdistill.pipeline.quantize;
