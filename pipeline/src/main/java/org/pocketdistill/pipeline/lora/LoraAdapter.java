package org.pocketdistill.pipeline.lora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;
import org.pocketdistill.pipeline.model.LayerAdapters;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.Projection;
import org.pocketdistill.pipeline.model.WeightLayout;
import org.pocketdistill.pipeline.model.Weights;
import org.pocketdistill.pipeline.torch.Arguments;
import org.pocketdistill.pipeline.torch.Kernels;
import org.pocketdistill.pipeline.torch.Torch;

/**
 * One adapter: A [r, in] and B [out, r] for each target projection of every layer.
 *
 * <p>Owns its arrays; close it.
 */
public final class LoraAdapter implements LayerAdapters, AutoCloseable {
  private final ModelConfig config;
  private final LoraSettings settings;
  private final NDManager manager = Torch.newManager();
  private final Map<String, NDArray> parameters = new LinkedHashMap<>();
  private final List<List<NDArray>> layers = new ArrayList<>();
  private final NDArray scale;

  /** Fills each A and B, by PEFT's name. */
  LoraAdapter(ModelConfig config, LoraSettings settings, Source source) {
    this.config = config;
    this.settings = settings;
    this.scale = Torch.copyOf(manager, new float[] {(float) settings.scale()}, new Shape());
    NDArray none = Torch.copyOf(manager, new float[0], new Shape(0));
    for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
      List<NDArray> arrays = new ArrayList<>();
      for (Projection projection : Projection.values()) {
        boolean adapted = settings.targets().contains(projection);
        arrays.add(adapted ? parameter(layer, projection, "A", source) : none);
        arrays.add(adapted ? parameter(layer, projection, "B", source) : none);
        arrays.add(scale);
      }
      layers.add(List.copyOf(arrays));
    }
  }

  private NDArray parameter(int layer, Projection projection, String matrix, Source source) {
    Shape shape =
        matrix.equals("A")
            ? new Shape(settings.r(), projection.inputs(config))
            : new Shape(projection.outputs(config), settings.r());
    String name = peftName(layer, projection, matrix);
    NDArray array = Torch.copyOf(manager, source.values(name, shape), shape);
    parameters.put(name, array);
    return array;
  }

  static String peftName(int layer, Projection projection, String matrix) {
    return "base_model.model.model.layers.%d.%s.lora_%s.weight"
        .formatted(layer, projection.module(), matrix);
  }

  /** A new adapter that changes nothing yet: A is U(−1/√in, 1/√in), B is 0 (PEFT's default). */
  public static LoraAdapter untrained(ModelConfig config, LoraSettings settings, long seed) {
    UniformRandomProvider random = RandomSource.XO_RO_SHI_RO_128_PP.create(seed);
    return new LoraAdapter(
        config,
        settings,
        (name, shape) -> {
          float[] values = new float[Math.toIntExact(shape.size())];
          if (name.endsWith("lora_A.weight")) {
            double bound = 1 / Math.sqrt((double) shape.get(1));
            for (int i = 0; i < values.length; i++) {
              values[i] = (float) (bound * (2 * random.nextDouble() - 1));
            }
          }
          return values;
        });
  }

  /** Options. */
  public LoraSettings settings() {
    return settings;
  }

  /** Trained arrays by PEFT's name. */
  public Map<String, NDArray> parameters() {
    return new LinkedHashMap<>(parameters);
  }

  /** Number of trained numbers. */
  public long size() {
    return parameters.values().stream().mapToLong(NDArray::size).sum();
  }

  @Override
  public List<NDArray> of(int layer) {
    return layers.get(layer);
  }

  /** Adds scale · B A to the projections, in place, in fp32. */
  public void mergeInto(Weights weights) {
    try (Kernels kernels = Kernels.load("Basics", Map.of());
        NDManager scope = manager.newSubManager()) {
      for (int layer = 0; layer < layers.size(); layer++) {
        for (Projection projection : settings.targets()) {
          NDArray matrix = weights.get(WeightLayout.matrix(layer, projection));
          NDArray a = parameters.get(peftName(layer, projection, "A"));
          NDArray b = parameters.get(peftName(layer, projection, "B"));
          NDArray merged = kernels.call(scope, "merge", Arguments.of(matrix, a, b, scale));
          merged.close();
        }
      }
    }
  }

  @Override
  public void close() {
    manager.close();
  }

  /** Where the values of an array come from. */
  @FunctionalInterface
  interface Source {
    float[] values(String name, Shape shape);
  }
}
