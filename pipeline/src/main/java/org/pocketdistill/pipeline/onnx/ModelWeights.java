package org.pocketdistill.pipeline.onnx;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.model.TensorSource;

/** Weights of a checkpoint by their Hugging Face names, checked against the expected shapes. */
final class ModelWeights {
  private final TensorSource tensors;
  private final Set<String> used = new HashSet<>();

  ModelWeights(TensorSource tensors) {
    this.tensors = tensors;
  }

  /** A matrix [rows, columns]. */
  WeightMatrix matrix(String name, int rows, int columns) {
    check(name, List.of((long) rows, (long) columns));
    return new WeightMatrix.View(name, rows, columns, tensors.rows(name)::read);
  }

  /** A vector [length]. */
  float[] vector(String name, int length) {
    check(name, List.of((long) length));
    float[] values = new float[length];
    tensors.rows(name).read(0, values);
    return values;
  }

  private void check(String name, List<Long> shape) {
    List<Long> found = tensors.shape(name);
    if (!found.equals(shape)) {
      throw new DataException(
          "%s: tensor '%s': shape %s, expected %s by config.json"
              .formatted(tensors.path(), name, found, shape));
    }
    used.add(name);
  }

  /** Refuses weights that the graph has no place for: without them the model is another one. */
  void checkAllUsed(boolean tied) {
    for (String name : tensors.names()) {
      boolean ignored =
          name.endsWith(".rotary_emb.inv_freq") || (tied && name.equals("lm_head.weight"));
      if (!ignored && !used.contains(name)) {
        throw new DataException(
            "%s: tensor '%s' has no place in a model of this config.json"
                .formatted(tensors.path(), name));
      }
    }
  }
}
