package org.pocketdistill.pipeline.onnx;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.model.HfConfigFile;
import org.pocketdistill.pipeline.quantize.BlockFormat;
import org.pocketdistill.pipeline.quantize.Dequantized;
import org.pocketdistill.pipeline.quantize.RoundToNearest;
import org.pocketdistill.pipeline.safetensors.Dtype;
import org.pocketdistill.pipeline.safetensors.FloatCodec;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.pipeline.safetensors.SafetensorsWriter;
import org.pocketdistill.pipeline.safetensors.TensorInfo;

/**
 * A checkpoint in fp32 whose weights are what their int4 codes stand for.
 *
 * @param projections rounds the matrices of the layers
 */
record RoundedCheckpoint(Path checkpoint, Int4Config int4, Rounded projections) {
  /** Rounded by a quantizer that needs nothing but the weights. */
  RoundedCheckpoint(Path checkpoint, Int4Config int4) {
    this(
        checkpoint,
        int4,
        (name, matrix) -> Dequantized.of(ProjectionRounding.plain(int4, 4), matrix));
  }

  /** What the codes of a matrix stand for. */
  interface Rounded {
    /**
     * A matrix as it is stored, heads widened.
     *
     * @param name of the tensor in the package, {@code model.layers.0.mlp.up_proj.MatMul.weight}
     */
    float[][] of(String name, WeightMatrix matrix) throws IOException;
  }

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
      float[][] wide =
          projections.of(packageName(name), WeightMatrix.withPaddedInputs(matrix, heads));
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
        : flat(projections.of(packageName(name), matrix));
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
    float[][] packed =
        projections.of(
            packageName(name.replaceFirst("[qkv]_proj", "qkv_proj")),
            WeightMatrix.stacked("qkv", parts));
    int first = parts.subList(0, names.indexOf(name)).stream().mapToInt(WeightMatrix::rows).sum();
    float[][] rows = new float[Math.toIntExact(file.info(name).shape().get(0))][];
    Arrays.setAll(rows, row -> packed[first + heads.positionInHeads(row)]);
    return flat(rows);
  }

  private static String packageName(String name) {
    return name.replace("self_attn", "attn").replace(".weight", ".MatMul.weight");
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
