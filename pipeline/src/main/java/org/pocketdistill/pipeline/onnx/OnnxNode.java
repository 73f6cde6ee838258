package org.pocketdistill.pipeline.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.util.Arrays;
import java.util.List;

/** A node being added to a graph; {@link #output} or {@link #outputs} ends it. */
final class OnnxNode {
  /** Domain of ONNX Runtime's own operators. */
  static final String MICROSOFT = "com.microsoft";

  private final OnnxGraph graph;
  private final NodeProto.Builder node;

  OnnxNode(OnnxGraph graph, String name, String opType) {
    this.graph = graph;
    this.node = NodeProto.newBuilder().setName(name).setOpType(opType);
  }

  /** Takes the operator from ONNX Runtime's domain. */
  OnnxNode microsoft() {
    node.setDomain(MICROSOFT);
    return this;
  }

  /** Values by position; an empty string for one left out, none written at the end. */
  OnnxNode inputs(String... values) {
    int count = values.length;
    while (count > 0 && values[count - 1].isEmpty()) {
      count--;
    }
    node.addAllInput(Arrays.asList(values).subList(0, count));
    return this;
  }

  OnnxNode attribute(String name, long value) {
    node.addAttribute(
        AttributeProto.newBuilder().setName(name).setType(AttributeType.INT).setI(value));
    return this;
  }

  OnnxNode attribute(String name, double value) {
    node.addAttribute(
        AttributeProto.newBuilder().setName(name).setType(AttributeType.FLOAT).setF((float) value));
    return this;
  }

  OnnxNode attribute(String name, List<Long> values) {
    node.addAttribute(
        AttributeProto.newBuilder().setName(name).setType(AttributeType.INTS).addAllInts(values));
    return this;
  }

  /** The target type of a Cast. */
  OnnxNode to(DataType type) {
    return attribute("to", type.getNumber());
  }

  /** Adds the node with one output named after it. */
  String output() {
    String name = node.getName() + "/output_0";
    outputs(name);
    return name;
  }

  /** Adds the node with outputs by position; an empty string for one left out. */
  void outputs(String... values) {
    graph.add(node.addAllOutput(Arrays.asList(values)).build());
  }
}
