package org.pocketdistill.pipeline.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** An ONNX model under construction; its tensors go to external files as they are added. */
final class OnnxGraph {
  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("main_graph");
  private final ExternalDataChunks data;
  private final OnnxDialect dialect;
  private final Set<String> constants = new HashSet<>();

  OnnxGraph(ExternalDataChunks data) {
    this(data, OnnxDialect.GENAI);
  }

  OnnxGraph(ExternalDataChunks data, OnnxDialect dialect) {
    this.data = data;
    this.dialect = dialect;
  }

  /** The finished model; metadata are sorted by key. */
  ModelProto model(Map<String, String> metadata) {
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .setIrVersion(dialect.irVersion())
            .setProducerName("pocketdistill")
            .addOpsetImport(
                OperatorSetIdProto.newBuilder().setDomain("").setVersion(dialect.opset()))
            .setGraph(graph);
    if (graph.getNodeList().stream().anyMatch(n -> n.getDomain().equals(OnnxNode.MICROSOFT))) {
      model.addOpsetImport(
          OperatorSetIdProto.newBuilder().setDomain(OnnxNode.MICROSOFT).setVersion(1));
    }
    new TreeMap<>(metadata)
        .forEach(
            (key, value) ->
                model.addMetadataProps(
                    StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
    return model.build();
  }

  /**
   * Declares an input.
   *
   * @param shape a Long for a fixed dimension, a String for a symbolic one
   */
  void input(String name, DataType type, Object... shape) {
    graph.addInput(value(name, type, shape));
  }

  /**
   * Declares a float matrix that may be left out: it has no elements then, its symbolic length
   * being 0.
   *
   * @param shape one Long and one String
   */
  String optionalInput(String name, Object... shape) {
    input(name, DataType.FLOAT, shape);
    TensorProto.Builder empty =
        TensorProto.newBuilder().setName(name).setDataType(DataType.FLOAT.getNumber());
    for (Object dimension : shape) {
      empty.addDims(dimension instanceof Long length ? length : 0);
    }
    graph.addInitializer(empty.setRawData(ByteString.EMPTY));
    return name;
  }

  /** Declares an output; see {@link #input}. */
  void output(String name, DataType type, Object... shape) {
    graph.addOutput(value(name, type, shape));
  }

  /** Starts a node. Its name must be unique. */
  OnnxNode node(String name, String opType) {
    return new OnnxNode(this, name, opType);
  }

  void add(NodeProto node) {
    graph.addNode(node);
  }

  /** A tensor whose elements go to an external file, unless the dialect keeps so few inline. */
  String initializer(String name, DataType type, List<Long> shape, ExternalDataFile.Payload payload)
      throws IOException {
    long length = elementBytes(type);
    for (long dimension : shape) {
      length = Math.multiplyExact(length, dimension);
    }
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName(name).setDataType(type.getNumber()).addAllDims(shape);
    if (length < dialect.inlineBytes()) {
      ByteBuffer bytes = ByteBuffer.allocate((int) length);
      payload.writeTo(bytes::put);
      tensor.setRawData(ByteString.copyFrom(bytes.array()));
    } else {
      ExternalDataFile.Region region = data.write(length, payload);
      tensor
          .setDataLocation(DataLocation.EXTERNAL)
          .addExternalData(entry("location", region.fileName()))
          .addExternalData(entry("offset", Long.toString(region.offset())))
          .addExternalData(entry("length", Long.toString(region.length())));
    }
    graph.addInitializer(tensor);
    return name;
  }

  /** A second name for the bytes of a tensor, which are stored once, in another shape. */
  String sharedInitializer(String name, String original, List<Long> shape) {
    TensorProto tensor =
        graph.getInitializerList().stream()
            .filter(other -> other.getName().equals(original))
            .findFirst()
            .orElseThrow();
    graph.addInitializer(tensor.toBuilder().setName(name).clearDims().addAllDims(shape));
    return name;
  }

  /** A float tensor that is small enough to be at hand. */
  String initializer(String name, float[] values, long... shape) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(4, values.length)).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    List<Long> dimensions = Arrays.stream(shape).boxed().toList();
    return initializer(name, DataType.FLOAT, dimensions, sink -> sink.write(bytes));
  }

  /** Unsigned bytes that are at hand [rows, length / rows]. */
  String initializer(String name, byte[] values, int rows) throws IOException {
    List<Long> shape = List.of((long) rows, (long) values.length / rows);
    return initializer(name, DataType.UINT8, shape, sink -> sink.write(ByteBuffer.wrap(values)));
  }

  /** Reduces the last axis to length 1, by ReduceMean or ReduceMax: opset 18 moved the axes. */
  String reduceLast(String node, String opType, String input) {
    OnnxNode reduction = node(node, opType);
    if (dialect.axesAreInputs()) {
      reduction.inputs(input, longs(-1));
    } else {
      reduction.inputs(input).attribute("axes", List.of(-1L));
    }
    return reduction.attribute("keepdims", 1).output();
  }

  /** A constant vector, one node per distinct value: shapes and axes must be inside the graph. */
  String longs(long... values) {
    ByteBuffer raw = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    raw.asLongBuffer().put(values);
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setDataType(DataType.INT64.getNumber()).addDims(values.length);
    return constant("INT64/" + Arrays.toString(values), tensor, raw);
  }

  /** A constant index. */
  String index(long value) {
    ByteBuffer raw = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, value);
    TensorProto.Builder tensor = TensorProto.newBuilder().setDataType(DataType.INT64.getNumber());
    return constant("INT64/" + value, tensor, raw);
  }

  /** A constant scalar. */
  String scalar(float value) {
    ByteBuffer raw = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(0, value);
    TensorProto.Builder tensor = TensorProto.newBuilder().setDataType(DataType.FLOAT.getNumber());
    return constant("FLOAT/" + value, tensor, raw);
  }

  /** A constant unsigned byte. */
  String unsignedByte(int value) {
    TensorProto.Builder tensor = TensorProto.newBuilder().setDataType(DataType.UINT8.getNumber());
    return constant("UINT8/" + value, tensor, ByteBuffer.wrap(new byte[] {(byte) value}));
  }

  private String constant(String literal, TensorProto.Builder tensor, ByteBuffer raw) {
    String output = "/model/constants/" + literal;
    if (constants.add(output)) {
      AttributeProto value =
          AttributeProto.newBuilder()
              .setName("value")
              .setType(AttributeType.TENSOR)
              .setT(tensor.setRawData(ByteString.copyFrom(raw)))
              .build();
      add(
          NodeProto.newBuilder()
              .setName(output.replace("/constants/", "/constant_nodes/"))
              .setOpType("Constant")
              .addOutput(output)
              .addAttribute(value)
              .build());
    }
    return output;
  }

  private static int elementBytes(DataType type) {
    return switch (type) {
      case INT8, UINT8 -> 1;
      case FLOAT16 -> 2;
      case FLOAT -> 4;
      default -> throw new IllegalArgumentException("no weights of type " + type);
    };
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  private static ValueInfoProto value(String name, DataType type, Object... shape) {
    TensorShapeProto.Builder dimensions = TensorShapeProto.newBuilder();
    for (Object dimension : shape) {
      if (dimension instanceof Long length) {
        dimensions.addDimBuilder().setDimValue(length);
      } else {
        dimensions.addDimBuilder().setDimParam((String) dimension);
      }
    }
    ValueInfoProto.Builder value = ValueInfoProto.newBuilder().setName(name);
    value
        .getTypeBuilder()
        .getTensorTypeBuilder()
        .setElemType(type.getNumber())
        .setShape(dimensions);
    return value.build();
  }
}
