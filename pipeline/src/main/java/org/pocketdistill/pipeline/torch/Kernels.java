package org.pocketdistill.pipeline.torch;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * A TorchScript class whose methods are called as kernels.
 *
 * <p>Whether a call records a graph is decided by {@link Gradients}, as in PyTorch. Scalars that a
 * kernel needs are written into its source when it is loaded. Not safe for use from several
 * threads.
 */
public final class Kernels implements AutoCloseable {
  private final Model model;
  private final PtSymbolBlock block;
  private final Map<String, NDArray> methodTags = new HashMap<>();

  private Kernels(Model model) {
    this.model = model;
    this.block = (PtSymbolBlock) model.getBlock();
  }

  /**
   * Loads the class {@code name} from the resource {@code name.py} of this package.
   *
   * @param constants text that replaces {@code {KEY}} in the source
   */
  public static Kernels load(String name, Map<String, String> constants) {
    Torch.start();
    String source = resource(name + ".py");
    for (Map.Entry<String, String> constant : constants.entrySet()) {
      source = source.replace("{" + constant.getKey() + "}", constant.getValue());
    }
    Model model = Model.newInstance(name, "PyTorch");
    try {
      byte[] archive = TorchScriptArchive.pack(name, source);
      model.load(new ByteArrayInputStream(archive), Map.of("trainParam", "true"));
    } catch (IOException | MalformedModelException e) {
      model.close();
      throw new IllegalStateException("kernels " + name + " do not load", e);
    }
    return new Kernels(model);
  }

  private static String resource(String file) {
    try (InputStream in = Kernels.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException("no kernel source " + file);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Calls a kernel that returns one tensor; the caller owns it through {@code owner}. */
  public NDArray call(NDManager owner, String method, Arguments arguments) {
    return callAll(owner, method, arguments).singletonOrThrow();
  }

  /** Calls a kernel that returns several tensors; the caller owns them through {@code owner}. */
  public NDList callAll(NDManager owner, String method, Arguments arguments) {
    NDList inputs = new NDList(arguments.arrays());
    inputs.add(methodTags.computeIfAbsent(method, this::tag));
    NDList outputs = IValueUtils.forward(block, inputs, true);
    outputs.attach(owner);
    return outputs;
  }

  private NDArray tag(String method) {
    NDArray tag = model.getNDManager().create(0f);
    tag.setName("module_method:" + method);
    return tag;
  }

  @Override
  public void close() {
    methodTags.values().forEach(NDArray::close);
    model.close();
  }
}
