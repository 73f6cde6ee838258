package org.pocketdistill.pipeline.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.safetensors.Dtype;
import org.pocketdistill.pipeline.safetensors.FloatCodec;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.pipeline.safetensors.SafetensorsWriter;
import org.pocketdistill.pipeline.safetensors.TensorInfo;
import org.pocketdistill.pipeline.torch.ArrayFiller;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** A model as a Hugging Face folder: {@code config.json} and safetensors. */
public final class HfFolder {
  private static final String WEIGHTS = "model.safetensors";

  private HfFolder() {}

  /** Loads the decoder of a folder, its weights widened to fp32. */
  public static Decoder load(Path folder, ComputeDtype dtype) throws IOException {
    ModelConfig config = HfConfigFile.read(folder);
    return new Decoder(config, weights(folder, config), dtype, 0);
  }

  /**
   * The weights of a folder, widened to fp32.
   *
   * @throws DataException if a tensor is missing, or not of the shape that config.json implies
   */
  public static Weights weights(Path folder, ModelConfig config) throws IOException {
    return weights(folder, config, config, ProjectionFormat.FP32);
  }

  /** Of {@code taken}, whose matrices may have fewer rows than those of the folder. */
  static Weights weights(
      Path folder, ModelConfig config, ModelConfig taken, ProjectionFormat format)
      throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(folder);
        ArrayFiller filler = new ArrayFiller()) {
      WeightLayout.of(config).forEach((name, shape) -> check(file, name, shape));
      refuseUnknown(file, config);
      return Weights.fill(
          taken,
          (owner, name, shape) ->
              filler.create(owner, shape, (first, target) -> file.floats(name, first, target)),
          format);
    }
  }

  private static void check(SafetensorsFile file, String name, Shape shape) {
    if (!file.contains(name)) {
      throw new DataException(
          "%s: tensor '%s' is missing, expected shape %s".formatted(file.path(), name, shape));
    }
    TensorInfo info = file.info(name);
    if (!info.shape().equals(List.of(box(shape)))) {
      throw new DataException(
          "%s: tensor '%s': shape %s, expected %s by config.json"
              .formatted(file.path(), name, info.shape(), shape));
    }
    if (!info.dtype().isFloat()) {
      throw new DataException(
          "%s: tensor '%s': dtype %s, expected F32, F16 or BF16: quantised weights are not supported"
              .formatted(file.path(), name, info.dtype()));
    }
  }

  /** Weights that no layer would use change what the model computes elsewhere: better refused. */
  private static void refuseUnknown(SafetensorsFile file, ModelConfig config) {
    Map<String, Shape> layout = WeightLayout.of(config);
    for (String name : file.names()) {
      boolean known = layout.containsKey(name);
      boolean harmless = name.endsWith("rotary_emb.inv_freq") || name.equals(WeightLayout.HEAD);
      if (!known && !harmless) {
        throw new DataException(
            "%s: tensor '%s' has no place in a %s model with this config.json"
                .formatted(file.path(), name, config.modelType().key()));
      }
    }
  }

  private static Long[] box(Shape shape) {
    Long[] lengths = new Long[shape.dimension()];
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = shape.get(i);
    }
    return lengths;
  }

  /**
   * Writes {@code config.json}, {@code generation_config.json} and {@code model.safetensors} into a
   * folder, which is made if it is missing.
   *
   * @param dtype F32 or BF16
   */
  public static void save(Path folder, ModelConfig config, Weights weights, Dtype dtype)
      throws IOException {
    Files.createDirectories(folder);
    List<TensorInfo> tensors = new ArrayList<>();
    for (String name : weights.names()) {
      tensors.add(TensorInfo.of(name, dtype, weights.get(name).getShape().getShape()));
    }
    SafetensorsWriter.write(
        folder.resolve(WEIGHTS), tensors, info -> bytes(weights.get(info.name()), dtype));
    HfConfigFile.write(config, dtype, folder);
  }

  /**
   * Writes a model with its tokenizer into a folder, which is made if it is missing; one tensor is
   * in memory at a time.
   *
   * @param dtype F32 or BF16
   */
  public static void save(Path folder, StoredModel model, Dtype dtype) throws IOException {
    Files.createDirectories(folder);
    model.writeTokenizer(folder);
    List<TensorInfo> tensors = new ArrayList<>();
    WeightLayout.of(model.config())
        .forEach((name, shape) -> tensors.add(TensorInfo.of(name, dtype, shape.getShape())));
    try (TensorSource source = model.tensors()) {
      SafetensorsWriter.write(folder.resolve(WEIGHTS), tensors, info -> bytes(source, info));
    }
    HfConfigFile.write(model.config(), dtype, folder);
    HfConfigFile.carryGenerationSettings(model.path(), folder);
  }

  private static ByteBuffer bytes(TensorSource source, TensorInfo info) {
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(info.byteSize()));
    float[] row = new float[info.shape().get(info.shape().size() - 1).intValue()];
    TensorSource.Rows rows = source.rows(info.name());
    for (int i = 0; bytes.hasRemaining(); i++) {
      rows.read(i, row);
      bytes.put(FloatCodec.encode(info.dtype(), row));
    }
    return bytes.flip();
  }

  private static ByteBuffer bytes(NDArray array, Dtype dtype) {
    return dtype == Dtype.F32
        ? array.toByteBuffer(false)
        : FloatCodec.encode(dtype, array.toFloatArray());
  }
}
