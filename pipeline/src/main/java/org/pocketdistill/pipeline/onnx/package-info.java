/**
 * Exports decoders as ONNX packages, in fp32, fp16, int8 with activations rounded as they come or
 * as text said beforehand, or int4 in blocks, calibrated on text where GPTQ rounds: of fused
 * operators in the folder layout of ONNX Runtime GenAI, or of standard ones in that of
 * transformers.js. Checks a package before it is published.
 *
 * <p>Reads stored models only; knows nothing of how a model was trained.
 */
package org.pocketdistill.pipeline.onnx;
