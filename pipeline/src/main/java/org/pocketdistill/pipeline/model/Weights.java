package org.pocketdistill.pipeline.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pocketdistill.pipeline.torch.Arguments;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Kernels;
import org.pocketdistill.pipeline.torch.Torch;

/**
 * The weights of one decoder as native arrays by Hugging Face name. Owns their memory; close it.
 */
public final class Weights implements AutoCloseable {
  private final NDManager manager;
  private final Map<String, NDArray> arrays = new LinkedHashMap<>();
  private final Map<String, PackedMatrix> packed = new LinkedHashMap<>();
  private final List<NDArray> tables;
  private final ProjectionFormat format;

  private Weights(NDManager manager, ProjectionFormat format) {
    this.manager = manager;
    this.format = format;
    this.tables = format.isPacked() ? PackedMatrix.tables(manager) : List.of();
  }

  /** Makes an fp32 array of each weight of the layout. */
  public static Weights fill(ModelConfig config, Source source) {
    return fill(config, source, ProjectionFormat.FP32);
  }

  /** The same with projections in another format, packed one after the other. */
  static Weights fill(ModelConfig config, Source source, ProjectionFormat format) {
    Weights weights = new Weights(Torch.newManager(), format);
    try {
      WeightLayout.of(config)
          .forEach((name, shape) -> weights.add(name, source.array(weights.manager, name, shape)));
      return weights;
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }

  /** The weights of one layer alone, under the names of the first. */
  static Weights ofLayer(ModelConfig config, int layer, Source source) {
    Weights weights = new Weights(Torch.newManager(), ProjectionFormat.FP32);
    List<String> names = WeightLayout.layerNames(config, 0);
    try {
      int[] next = new int[1];
      WeightLayout.layer(config, layer)
          .forEach(
              (name, shape) ->
                  weights.add(names.get(next[0]++), source.array(weights.manager, name, shape)));
      return weights;
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }

  private void add(String name, NDArray array) {
    if (format.isPacked() && WeightLayout.isProjection(name)) {
      boolean doubleQuant = format == ProjectionFormat.NF4_DOUBLE_QUANT;
      packed.put(name, PackedMatrix.of(manager, array, doubleQuant));
      array.close();
    } else {
      arrays.put(name, array);
    }
  }

  /** How its projections are kept. */
  ProjectionFormat format() {
    return format;
  }

  /** The same weights with every projection in fp32; a packed one as the numbers it stands for. */
  public Weights unpacked(ModelConfig config) {
    return fill(
        config,
        (owner, name, shape) -> {
          if (packed.containsKey(name)) {
            return Torch.copyOf(owner, values(name), shape);
          }
          NDArray copy = get(name).duplicate();
          copy.attach(owner);
          return copy;
        });
  }

  /** Bytes of all arrays. */
  public long bytes() {
    long bytes = 0;
    for (NDArray array : arrays.values()) {
      bytes += array.size() * Float.BYTES;
    }
    for (PackedMatrix matrix : packed.values()) {
      bytes += matrix.bytes();
    }
    return bytes;
  }

  /** An fp32 array by its Hugging Face name; a packed projection is not among them. */
  public NDArray get(String name) {
    NDArray array = arrays.get(name);
    if (array == null) {
      throw new IllegalArgumentException("no weight " + name);
    }
    return array;
  }

  /** The values of an array, row by row; of a packed one what it stands for. */
  public float[] values(String name) {
    PackedMatrix matrix = packed.get(name);
    return matrix == null ? get(name).toFloatArray() : matrix.values();
  }

  /** All names in file order. */
  public List<String> names() {
    return List.copyOf(arrays.keySet());
  }

  /** All arrays in file order. */
  public List<NDArray> all() {
    return List.copyOf(arrays.values());
  }

  /** The matrix of the head: its own, or the embedding's. */
  public NDArray head() {
    return arrays.getOrDefault(WeightLayout.HEAD, arrays.get(WeightLayout.EMBEDDING));
  }

  /**
   * Keeps some rows of embedding and head, in the order given.
   *
   * @param tokens ids of the rows
   */
  void keepTokens(int[] tokens) {
    try (Selection selection = new Selection()) {
      for (String name : List.of(WeightLayout.EMBEDDING, WeightLayout.HEAD)) {
        NDArray whole = arrays.get(name);
        if (whole != null) {
          arrays.put(name, selection.of(manager, whole, tokens, Selection.ALL));
          whole.close();
        }
      }
    }
  }

  /**
   * Gives the model another head, [vocabulary, hidden], in the place of its own or of the embedding
   * that served as one. The array stays with its owner.
   */
  public void useHead(NDArray head) {
    arrays.put(WeightLayout.HEAD, head);
  }

  /** Gives a model whose embedding serves as head a copy of it as a head of its own. */
  public void untie() {
    if (!arrays.containsKey(WeightLayout.HEAD)) {
      NDArray head = get(WeightLayout.EMBEDDING).duplicate();
      head.attach(manager);
      useHead(head);
    }
  }

  /**
   * Keeps the matrices in the type of products, for a model that does not learn. Nothing that it
   * computes changes, since products would round them to that type each time. The embedding stays:
   * it is looked up, too.
   */
  void freeze(ComputeDtype dtype) {
    if (dtype != ComputeDtype.BF16) {
      return;
    }
    try (Kernels kernels = Kernels.load("Basics", Map.of())) {
      for (Map.Entry<String, NDArray> entry : arrays.entrySet()) {
        NDArray array = entry.getValue();
        if (array.getShape().dimension() == 2 && !entry.getKey().equals(WeightLayout.EMBEDDING)) {
          entry.setValue(kernels.call(manager, "to_bf16", Arguments.of(array)));
          array.close();
        }
      }
    }
  }

  /** As the kernels take them: the state of packed projections and their tables come last. */
  List<NDArray> layer(ModelConfig config, int layer) {
    List<NDArray> weights = new ArrayList<>();
    for (String name : WeightLayout.layerNames(config, layer)) {
      weights.add(packed.containsKey(name) ? packed.get(name).codes() : get(name));
    }
    if (format.isPacked()) {
      for (Projection projection : Projection.values()) {
        weights.addAll(packed.get(WeightLayout.matrix(layer, projection)).state());
      }
      weights.addAll(tables);
    }
    return weights;
  }

  /** The manager that owns the arrays. */
  public NDManager manager() {
    return manager;
  }

  @Override
  public void close() {
    manager.close();
  }

  /** Where the values of an array come from. */
  @FunctionalInterface
  public interface Source {
    /** A new fp32 array of this shape, owned by {@code owner}. */
    NDArray array(NDManager owner, String name, Shape shape);
  }
}
