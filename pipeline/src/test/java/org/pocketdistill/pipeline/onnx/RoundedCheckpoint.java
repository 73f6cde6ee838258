package org.pocketdistill.pipeline.onnx;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.config.Int4Config.Algorithm;
import org.pocketdistill.pipeline.model.HfConfigFile;
import org.pocketdistill.pipeline.quantize.BlockFormat;
import org.pocketdistill.pipeline.quantize.BlockQuantizer;
import org.pocketdistill.pipeline.quantize.Dequantized;
import org.pocketdistill.pipeline.quantize.HalfQuadratic;
import org.pocketdistill.pipeline.quantize.RoundToNearest;
import org.pocketdistill.pipeline.safetensors.Dtype;
import org.pocketdistill.pipeline.safetensors.FloatCodec;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.pipeline.safetensors.SafetensorsWriter;
import org.pocketdistill.pipeline.safetensors.TensorInfo;

/** A checkpoint in fp32 whose weights are what their int4 codes stand for. */
record RoundedCheckpoint(Path checkpoint, Int4Config int4) {
  /** Writes the Hugging Face folder. */
  Path write(Path target) throws IOException {
    Files.createDirectory(target);
    Files.copy(checkpoint.resolve("config.json"), target.resolve("config.json"));
    try (SafetensorsFile file = SafetensorsFile.open(checkpoint)) {
      Map<String, float[]> values = new HashMap<>();
      for (String name : file.names()) {
        values.put(name, rounded(file, name));
      }
      SafetensorsWriter.write(
          target.resolve("model.safetensors"),
          file.names().stream()
              .map(name -> new TensorInfo(name, Dtype.F32, file.info(name).shape()))
              .toList(),
          info -> FloatCodec.encode(Dtype.F32, values.get(info.name())));
    }
    return target;
  }

  private float[] rounded(SafetensorsFile file, String name) throws IOException {
    if (file.info(name).shape().size() == 1) {
      return file.floats(name);
    }
    HeadLayout heads = new HeadLayout(HfConfigFile.read(checkpoint).headDim());
    WeightMatrix matrix = matrix(file, name);
    if (!name.contains("_proj.")) {
      BlockFormat format = new BlockFormat(int4.headBits(), int4.blockSize());
      return flat(Dequantized.of(new RoundToNearest(format, true), matrix));
    }
    if (name.contains("o_proj")) { // zeros that widen heads shift the blocks
      float[][] wide = Dequantized.of(projections(), WeightMatrix.withPaddedInputs(matrix, heads));
      float[][] values = new float[matrix.rows()][matrix.columns()];
      for (int row = 0; row < values.length; row++) {
        for (int i = 0; i < values[row].length; i++) {
          values[row][i] = wide[row][heads.positionInHeads(i)];
        }
      }
      return flat(values);
    }
    return name.contains("self_attn")
        ? ofPacked(file, name, heads)
        : flat(Dequantized.of(projections(), matrix));
  }

  /** HQQ looks at a whole matrix, and q, k and v are one. */
  private float[] ofPacked(SafetensorsFile file, String name, HeadLayout heads) throws IOException {
    List<String> names =
        List.of("q_proj", "k_proj", "v_proj").stream()
            .map(part -> name.replaceFirst("[qkv]_proj", part))
            .toList();
    List<WeightMatrix> parts =
        names.stream()
            .map(part -> WeightMatrix.withPaddedOutputs(matrix(file, part), heads))
            .toList();
    float[][] packed = Dequantized.of(projections(), WeightMatrix.stacked("qkv", parts));
    int first = parts.subList(0, names.indexOf(name)).stream().mapToInt(WeightMatrix::rows).sum();
    float[][] rows = new float[Math.toIntExact(file.info(name).shape().get(0))][];
    Arrays.setAll(rows, row -> packed[first + heads.positionInHeads(row)]);
    return flat(rows);
  }

  private BlockQuantizer projections() {
    return int4.algorithm() == Algorithm.HQQ
        ? new HalfQuadratic(int4.blockSize())
        : new RoundToNearest(new BlockFormat(4, int4.blockSize()), int4.symmetric());
  }

  private static WeightMatrix matrix(SafetensorsFile file, String name) {
    List<Long> shape = file.info(name).shape();
    float[] weights = file.floats(name);
    int columns = Math.toIntExact(shape.get(1));
    return new WeightMatrix.View(
        name,
        Math.toIntExact(shape.get(0)),
        columns,
        (row, target) -> System.arraycopy(weights, row * columns, target, 0, columns));
  }

  private static float[] flat(float[][] rows) {
    float[] flat = new float[rows.length * rows[0].length];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(rows[i], 0, flat, i * rows[i].length, rows[i].length);
    }
    return flat;
  }
}
