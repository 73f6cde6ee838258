package org.pocketdistill.pipeline.onnx;

/** A float tensor of an adapter's file, by the name of the graph's input that it replaces. */
record AdapterTensor(String name, long[] shape, float[] values) {}
