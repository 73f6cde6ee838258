package org.pocketdistill.pipeline.lora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.lora.LoraTensor.Part;
import org.pocketdistill.pipeline.model.LayerAdapters;
import org.pocketdistill.pipeline.model.LowRankUpdate;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.Projection;
import org.pocketdistill.pipeline.model.Weights;
import org.pocketdistill.pipeline.torch.Torch;

/**
 * One adapter: A [r, in] and B [out, r], and a magnitude [out] with DoRA, for each target
 * projection; A [r, vocabulary] and B [hidden, r] for the embedding; a head of its own.
 *
 * <p>Owns its arrays; close it.
 */
public final class LoraAdapter implements LayerAdapters, AutoCloseable {
  private final ModelConfig config;
  private final LoraSettings settings;
  private final Source source;
  private final NDManager manager = Torch.newManager();
  private final Map<String, NDArray> parameters = new LinkedHashMap<>();
  private final List<List<NDArray>> layers = new ArrayList<>();
  private final Map<String, List<NDArray>> modules = new LinkedHashMap<>();
  private final Optional<NDArray> head;
  private final NDArray none;

  /** Fills each array. */
  LoraAdapter(ModelConfig config, LoraSettings settings, Source source) {
    this.config = config;
    this.settings = settings;
    this.source = source;
    this.none = Torch.copyOf(manager, new float[0], new Shape(0));
    try {
      if (settings.targets().matches(LoraTensor.EMBEDDING)) {
        addEmbedding();
      }
      for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
        addLayer(layer);
      }
      head = settings.savesHead() ? Optional.of(addHead()) : Optional.empty();
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  private void addEmbedding() {
    String path = LoraTensor.EMBEDDING;
    int r = settings.rank(path);
    modules.put(
        path,
        List.of(
            parameter(path, Part.EMBEDDING_A, new Shape(r, config.vocabSize())),
            parameter(path, Part.EMBEDDING_B, new Shape(config.hiddenSize(), r)),
            scale(path)));
  }

  private void addLayer(int layer) {
    List<NDArray> arrays = new ArrayList<>();
    for (Projection projection : Projection.values()) {
      String path = LoraTensor.path(layer, projection);
      List<NDArray> module =
          settings.targets().matches(path)
              ? module(path, projection)
              : List.of(none, none, none, none);
      arrays.addAll(module);
    }
    layers.add(List.copyOf(arrays));
  }

  private List<NDArray> module(String path, Projection projection) {
    int r = settings.rank(path);
    int outputs = projection.outputs(config);
    List<NDArray> arrays =
        List.of(
            parameter(path, Part.A, new Shape(r, projection.inputs(config))),
            parameter(path, Part.B, new Shape(outputs, r)),
            scale(path),
            settings.useDora() ? parameter(path, Part.MAGNITUDE, new Shape(outputs)) : none);
    modules.put(path, arrays);
    return arrays;
  }

  private NDArray addHead() {
    Shape shape = new Shape(config.vocabSize(), config.hiddenSize());
    return parameter(LoraTensor.HEAD, Part.WHOLE, shape);
  }

  private NDArray scale(String path) {
    return Torch.copyOf(manager, new float[] {(float) settings.scale(path)}, new Shape());
  }

  private NDArray parameter(String path, Part part, Shape shape) {
    LoraTensor tensor = new LoraTensor(path, part);
    NDArray array = Torch.copyOf(manager, source.values(tensor, shape), shape);
    parameters.put(tensor.name(), array);
    return array;
  }

  /**
   * A new adapter that changes nothing yet.
   *
   * @param base weights that it is for
   */
  public static LoraAdapter untrained(
      ModelConfig config, LoraSettings settings, long seed, Weights base) {
    return new LoraAdapter(config, settings, new LoraStart(seed, base));
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

  @Override
  public List<NDArray> embedding() {
    return modules.getOrDefault(LoraTensor.EMBEDDING, List.of());
  }

  /** The head that is trained as a whole, [vocabulary, hidden]. */
  public Optional<NDArray> head() {
    return head;
  }

  /**
   * What it adds to the matrices of projections.
   *
   * @throws DataException if it changes more than can be added to them
   */
  public List<LowRankUpdate> updates() {
    if (settings.useDora() || head.isPresent() || !embedding().isEmpty()) {
      throw new DataException(
          "an adapter with %s is more than B A on projections, expected one that is not; merge it into the model"
              .formatted(
                  settings.useDora()
                      ? "use_dora"
                      : head.isPresent() ? "a head" : LoraTensor.EMBEDDING));
    }
    List<LowRankUpdate> updates = new ArrayList<>();
    modules.forEach(
        (path, arrays) -> {
          float[] b = arrays.get(1).toFloatArray();
          float scale = (float) settings.scale(path);
          for (int i = 0; i < b.length; i++) {
            b[i] *= scale;
          }
          updates.add(
              new LowRankUpdate(path, settings.rank(path), arrays.get(0).toFloatArray(), b));
        });
    return updates;
  }

  /** Puts the adapter's own head, if it has one, in the place of the model's. */
  public void attachHead(Weights weights) {
    head.ifPresent(weights::useHead);
  }

  /** The model with the adapter merged: embedding and head part where only one was changed. */
  public ModelConfig mergedConfig() {
    return head.isPresent() || !embedding().isEmpty() ? config.withOwnHead() : config;
  }

  /** Merges into the weights, in place, in fp32; see {@link LoraMerge}. */
  public void mergeInto(Weights weights) {
    try (LoraMerge merge = new LoraMerge(weights)) {
      if (!embedding().isEmpty()) {
        merge.embedding(embedding());
      }
      head.ifPresent(merge::head);
      modules.forEach(
          (path, arrays) -> {
            if (!path.equals(LoraTensor.EMBEDDING)) {
              merge.projection(path, arrays);
            }
          });
    }
  }

  @Override
  public void close() {
    manager.close();
  }

  /** Where the values of an array come from. */
  @FunctionalInterface
  interface Source {
    float[] values(LoraTensor tensor, Shape shape);
  }
}
