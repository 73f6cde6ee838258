package org.pocketdistill.pipeline.calibrate;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import org.pocketdistill.pipeline.calibrate.LinearInput.Place;
import org.pocketdistill.pipeline.calibrate.ScaledTensors.Factors;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.TensorSource;

/**
 * Moves the size of large activation channels into the weights (SmoothQuant, arXiv 2211.10438):
 *
 * <pre>s_j = max|X_j|^α / max|W_j|^(1−α);  X'_j = X_j / s_j;  W'_j = s_j · W_j</pre>
 *
 * for channel j of a matrix's inputs, over all rows of all matrices that share them. The division
 * goes into what makes the input: the norm before q, k and v, and before gate and up; the rows of v
 * for the output projection, where query heads that share a value head share its factors; the rows
 * of up for down. So the decoder computes what it did. The head stays: its table may be the
 * embedding as well.
 *
 * <p>A channel that is zero, in activations or weights, has factor 1.
 */
final class SmoothQuant {
  private final ModelConfig config;
  private final TensorSource tensors;
  private final double alpha;
  private final Map<LinearInput, ChannelRanges> observed;
  private final Map<String, Factors> factors = new HashMap<>();
  private final Map<LinearInput, double[]> divisors = new HashMap<>();

  /**
   * Smooths the activations that were observed.
   *
   * @param tensors the decoder's weights
   * @param alpha 0 to 1
   */
  SmoothQuant(
      ModelConfig config,
      TensorSource tensors,
      double alpha,
      Map<LinearInput, ChannelRanges> observed) {
    this.config = config;
    this.tensors = tensors;
    this.alpha = alpha;
    this.observed = observed;
  }

  Smoothing smoothing() {
    for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
      // What shrinks the rows of v and up comes first: it counts in the columns of those.
      output(layer);
      down(layer);
      normed(layer, Place.QKV, "input_layernorm", "self_attn.", "q_proj", "k_proj", "v_proj");
      normed(layer, Place.GATE_UP, "post_attention_layernorm", "mlp.", "gate_proj", "up_proj");
    }
    return new Smoothing(factors, divisors);
  }

  private void output(int layer) {
    LinearInput input = new LinearInput(layer, Place.OUTPUT);
    String attention = prefix(layer) + "self_attn.";
    int size = config.headDim();
    int sharing = config.numAttentionHeads() / config.numKeyValueHeads();
    IntUnaryOperator valueRow = channel -> channel / size / sharing * size + channel % size;
    int rows = config.numKeyValueHeads() * size;
    double[] activations = largest(observed.get(input).magnitudes(), valueRow, rows);
    double[] weights = largest(columnMagnitudes(attention + "o_proj.weight"), valueRow, rows);
    double[] own = factors(activations, weights);
    double[] shared = new double[config.numAttentionHeads() * size];
    Arrays.setAll(shared, channel -> own[valueRow.applyAsInt(channel)]);
    divisors.put(input, shared);
    multiplyColumns(attention + "o_proj.weight", shared);
    divideRows(attention + "v_proj.weight", own);
    if (config.qkvBias()) {
      multiplyColumns(attention + "v_proj.bias", inverse(own));
    }
  }

  private static double[] largest(double[] values, IntUnaryOperator group, int groups) {
    double[] largest = new double[groups];
    for (int i = 0; i < values.length; i++) {
      int at = group.applyAsInt(i);
      largest[at] = Math.max(largest[at], values[i]);
    }
    return largest;
  }

  private void down(int layer) {
    LinearInput input = new LinearInput(layer, Place.DOWN);
    String mlp = prefix(layer) + "mlp.";
    double[] own =
        factors(observed.get(input).magnitudes(), columnMagnitudes(mlp + "down_proj.weight"));
    divisors.put(input, own);
    multiplyColumns(mlp + "down_proj.weight", own);
    divideRows(mlp + "up_proj.weight", own);
  }

  private void normed(int layer, Place place, String norm, String module, String... matrices) {
    LinearInput input = new LinearInput(layer, place);
    double[] weights = new double[config.hiddenSize()];
    for (String matrix : matrices) {
      double[] own = columnMagnitudes(prefix(layer) + module + matrix + ".weight");
      Arrays.setAll(weights, column -> Math.max(weights[column], own[column]));
    }
    double[] shared = factors(observed.get(input).magnitudes(), weights);
    divisors.put(input, shared);
    for (String matrix : matrices) {
      multiplyColumns(prefix(layer) + module + matrix + ".weight", shared);
    }
    multiplyColumns(prefix(layer) + norm + ".weight", inverse(shared));
  }

  private double[] factors(double[] activations, double[] weights) {
    double[] own = new double[activations.length];
    for (int i = 0; i < own.length; i++) {
      boolean dead = activations[i] == 0 || weights[i] == 0;
      own[i] = dead ? 1 : Math.pow(activations[i], alpha) / Math.pow(weights[i], 1 - alpha);
    }
    return own;
  }

  /** Largest magnitude of each column of a matrix, with the factors that it has so far. */
  private double[] columnMagnitudes(String name) {
    TensorSource.Rows rows = new ScaledTensors(tensors, factors).rows(name);
    int count = Math.toIntExact(tensors.shape(name).get(0));
    float[] values = new float[Math.toIntExact(tensors.shape(name).get(1))];
    double[] largest = new double[values.length];
    for (int row = 0; row < count; row++) {
      rows.read(row, values);
      for (int column = 0; column < values.length; column++) {
        largest[column] = Math.max(largest[column], Math.abs(values[column]));
      }
    }
    return largest;
  }

  private void multiplyColumns(String name, double[] by) {
    factors.merge(name, Factors.NONE.withColumns(by), (old, added) -> old.withColumns(by));
  }

  private void divideRows(String name, double[] by) {
    double[] inverse = inverse(by);
    factors.merge(name, Factors.NONE.withRows(inverse), (old, added) -> old.withRows(inverse));
  }

  private static double[] inverse(double[] values) {
    return Arrays.stream(values).map(value -> 1 / value).toArray();
  }

  static double[] ones(int count) {
    double[] ones = new double[count];
    Arrays.fill(ones, 1);
    return ones;
  }

  private static String prefix(int layer) {
    return "model.layers." + layer + ".";
  }
}
