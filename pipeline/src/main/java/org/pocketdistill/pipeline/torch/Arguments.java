package org.pocketdistill.pipeline.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.List;

/** Arguments of a kernel call, in the order of the kernel's parameters. */
public final class Arguments {
  private final NDList arrays = new NDList();
  private int lists;

  private Arguments() {}

  /** No arguments yet. */
  public static Arguments of(NDArray... tensors) {
    Arguments arguments = new Arguments();
    for (NDArray tensor : tensors) {
      arguments.tensor(tensor);
    }
    return arguments;
  }

  /** Adds a {@code Tensor}. */
  public Arguments tensor(NDArray tensor) {
    tensor.setName(null);
    arrays.add(tensor);
    return this;
  }

  /** Adds a {@code List[Tensor]}; must not be empty. */
  public Arguments list(List<NDArray> tensors) {
    if (tensors.isEmpty()) {
      throw new IllegalArgumentException("a List[Tensor] argument must not be empty");
    }
    // DJL gathers neighbours of the same name that ends in [] into one list.
    String name = "list" + lists++ + "[]";
    for (NDArray tensor : tensors) {
      tensor.setName(name);
      arrays.add(tensor);
    }
    return this;
  }

  NDList arrays() {
    return arrays;
  }
}
