/**
 * Exports decoders as ONNX packages in the folder layout of ONNX Runtime GenAI, in fp32, dynamic
 * int8 or int4 in blocks, and checks an exported package before it is published.
 *
 * <p>Reads stored models only; knows nothing of how a model was trained.
 */
package org.pocketdistill.pipeline.onnx;
