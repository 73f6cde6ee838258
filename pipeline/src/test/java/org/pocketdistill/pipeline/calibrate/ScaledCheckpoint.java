package org.pocketdistill.pipeline.calibrate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.pocketdistill.pipeline.calibrate.ScaledTensors.Factors;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.model.TensorSource;
import org.pocketdistill.pipeline.safetensors.Dtype;
import org.pocketdistill.pipeline.safetensors.FloatCodec;
import org.pocketdistill.pipeline.safetensors.SafetensorsWriter;
import org.pocketdistill.pipeline.safetensors.TensorInfo;

/** Tiny checkpoints with factors multiplied into their weights. */
public final class ScaledCheckpoint {
  private ScaledCheckpoint() {}

  /** Writes a checkpoint smoothed. */
  static Path smoothed(Path checkpoint, Smoothing smoothing, Path target) throws IOException {
    try (TensorSource tensors = StoredModel.open(checkpoint).tensors()) {
      return write(checkpoint, smoothing.apply(tensors), target);
    }
  }

  /**
   * Writes a checkpoint that computes the same, but a channel of each first norm's output is {@code
   * factor} times as large.
   */
  public static Path withOutlier(Path checkpoint, int channel, double factor, Path target)
      throws IOException {
    StoredModel stored = StoredModel.open(checkpoint);
    double[] larger = new double[stored.config().hiddenSize()];
    Arrays.fill(larger, 1);
    larger[channel] = factor;
    double[] smaller = larger.clone();
    smaller[channel] = 1 / factor;
    Map<String, Factors> factors = new HashMap<>();
    for (int layer = 0; layer < stored.config().numHiddenLayers(); layer++) {
      String prefix = "model.layers." + layer + ".";
      factors.put(prefix + "input_layernorm.weight", Factors.NONE.withColumns(larger));
      for (String name : new String[] {"q_proj", "k_proj", "v_proj"}) {
        factors.put(prefix + "self_attn." + name + ".weight", Factors.NONE.withColumns(smaller));
      }
    }
    return scaled(checkpoint, factors, target);
  }

  /** Writes a checkpoint with factors. */
  static Path scaled(Path checkpoint, Map<String, Factors> factors, Path target)
      throws IOException {
    try (TensorSource tensors = StoredModel.open(checkpoint).tensors()) {
      return write(checkpoint, new ScaledTensors(tensors, factors), target);
    }
  }

  private static Path write(Path checkpoint, TensorSource tensors, Path target) throws IOException {
    Files.createDirectory(target);
    Files.copy(checkpoint.resolve("config.json"), target.resolve("config.json"));
    SafetensorsWriter.write(
        target.resolve("model.safetensors"),
        tensors.names().stream()
            .map(name -> new TensorInfo(name, Dtype.F32, tensors.shape(name)))
            .toList(),
        info -> FloatCodec.encode(Dtype.F32, values(tensors, info.name())));
    return target;
  }

  private static float[] values(TensorSource tensors, String name) {
    int dimensions = tensors.shape(name).size();
    int length = Math.toIntExact(tensors.shape(name).get(dimensions - 1));
    int rows = dimensions == 1 ? 1 : Math.toIntExact(tensors.shape(name).get(0));
    float[] values = new float[rows * length];
    float[] row = new float[length];
    TensorSource.Rows source = tensors.rows(name);
    for (int i = 0; i < rows; i++) {
      source.read(i, row);
      System.arraycopy(row, 0, values, i * length, length);
    }
    return values;
  }
}
