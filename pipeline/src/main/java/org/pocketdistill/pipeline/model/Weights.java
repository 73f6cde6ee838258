package org.pocketdistill.pipeline.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pocketdistill.pipeline.torch.Torch;

/**
 * The weights of one decoder as native arrays by Hugging Face name. Owns their memory; close it.
 */
public final class Weights implements AutoCloseable {
  private final NDManager manager;
  private final Map<String, NDArray> arrays;

  private Weights(NDManager manager, Map<String, NDArray> arrays) {
    this.manager = manager;
    this.arrays = arrays;
  }

  /** Makes an fp32 array of each weight of the layout. */
  public static Weights fill(ModelConfig config, Source source) {
    NDManager manager = Torch.newManager();
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    try {
      WeightLayout.of(config)
          .forEach((name, shape) -> arrays.put(name, source.array(manager, name, shape)));
      return new Weights(manager, arrays);
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  /** An array by its Hugging Face name. */
  public NDArray get(String name) {
    NDArray array = arrays.get(name);
    if (array == null) {
      throw new IllegalArgumentException("no weight " + name);
    }
    return array;
  }

  /** The values of an array, row by row. */
  public float[] values(String name) {
    return get(name).toFloatArray();
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

  List<NDArray> layer(ModelConfig config, int layer) {
    List<NDArray> weights = new ArrayList<>();
    for (String name : WeightLayout.layerNames(config, layer)) {
      weights.add(get(name));
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
