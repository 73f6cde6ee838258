package org.pocketdistill.pipeline.onnx;

/**
 * Names of the codes, scales and zero point of a quantised matrix. A zero point of zero could be
 * left out or shared, but then ONNX Runtime 1.23 fails when it rewrites the graph for x86.
 */
record Int8Weight(String codes, String scale, String zeroPoint) {
  static Int8Weight named(String name) {
    return new Int8Weight(name + "_quantized", name + "_scale", name + "_zero_point");
  }
}
