package org.pocketdistill.pipeline.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.pocketdistill.pipeline.quantize.BlockFormat;
import org.pocketdistill.pipeline.quantize.BlockScales;
import org.pocketdistill.pipeline.quantize.Dequantized;
import org.pocketdistill.pipeline.quantize.ZeroPoints;

/** Matrices of an int4 package as the numbers that its files hold. */
final class PackagedBlocks {
  private final Path folder;
  private final BlockFormat format;
  private final Map<String, TensorProto> tensors;

  private PackagedBlocks(Path folder, BlockFormat format, Map<String, TensorProto> tensors) {
    this.folder = folder;
    this.format = format;
    this.tensors = tensors;
  }

  static PackagedBlocks open(Path folder, BlockFormat format) throws IOException {
    ModelProto model = ModelProto.parseFrom(Files.readAllBytes(folder.resolve("model.onnx")));
    return new PackagedBlocks(
        folder,
        format,
        model.getGraph().getInitializerList().stream()
            .collect(Collectors.toMap(TensorProto::getName, Function.identity())));
  }

  /**
   * What the codes of a matrix stand for, by the name of the tensor without what is added to it.
   */
  float[][] values(String name, int columns) throws IOException {
    ByteBuffer scales = bytes(name + "_scales");
    float[] numbers = new float[scales.remaining() / Float.BYTES];
    scales.asFloatBuffer().get(numbers);
    ZeroPoints zeros =
        tensors.containsKey(name + "_zero_points")
            ? new ZeroPoints.Packed(bytes(name + "_zero_points").array())
            : new ZeroPoints.Middle();
    byte[] codes = bytes(name + "_Q" + format.bits()).array();
    return Dequantized.of(format, new BlockScales(numbers, zeros), codes, columns);
  }

  private ByteBuffer bytes(String name) throws IOException {
    Map<String, String> at =
        tensors.get(name).getExternalDataList().stream()
            .collect(
                Collectors.toMap(StringStringEntryProto::getKey, StringStringEntryProto::getValue));
    byte[] bytes = new byte[Integer.parseInt(at.get("length"))];
    try (RandomAccessFile file =
        new RandomAccessFile(folder.resolve(at.get("location")).toFile(), "r")) {
      file.seek(Long.parseLong(at.get("offset")));
      file.readFully(bytes);
    }
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
