package org.pocketdistill.pipeline.recover;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.WeightLayout;
import org.pocketdistill.pipeline.onnx.HeadLayout;
import org.pocketdistill.pipeline.quantize.BlockFormat;
import org.pocketdistill.pipeline.train.MasterWeights;

/**
 * The matrices of a decoder as its int4 file will hold them, rounded to the nearest step, and
 * masters in fp32 that are trained: embedding and head with {@code head_bits} and symmetric, the
 * projections with 4 bits. Norms and biases are trained as they are.
 *
 * <p>Owns the masters; close it before the decoder, whose weights it overwrites.
 */
public final class FakeQuantized implements MasterWeights, AutoCloseable {
  private static final int BITS = 4;

  private final NDManager manager;
  private final FakeQuantizer quantizer = new FakeQuantizer();
  private final Map<String, NDArray> masters = new LinkedHashMap<>();
  private final Map<BlockGrid, Group> groups = new LinkedHashMap<>();

  private FakeQuantized(NDManager manager) {
    this.manager = manager;
  }

  /**
   * How the file is rounded.
   *
   * @param widensHeads whether its graph fills heads up with zeros, as that of ONNX Runtime GenAI
   *     does; they shift the blocks of the output projection
   */
  public record Settings(Int4Config int4, boolean widensHeads) {
    private BlockGrid grid(String name, ModelConfig config) {
      if (name.equals(WeightLayout.EMBEDDING) || name.equals(WeightLayout.HEAD)) {
        return new BlockGrid(new BlockFormat(int4.headBits(), int4.blockSize()), true);
      }
      BlockGrid grid = new BlockGrid(new BlockFormat(BITS, int4.blockSize()), int4.symmetric());
      return widensHeads && name.endsWith(".o_proj.weight")
          ? grid.ofHeads(new HeadLayout(config.headDim()))
          : grid;
    }
  }

  /** Matrices that are rounded alike. */
  private record Group(List<NDArray> parameters, List<NDArray> masters) {}

  /**
   * Copies a decoder's matrices as masters; {@link #project} rounds those of the decoder.
   *
   * @throws DataException naming the tensor if a weight is not finite
   */
  public static FakeQuantized of(Decoder decoder, Settings settings) {
    FakeQuantized made = new FakeQuantized(decoder.weights().manager().newSubManager());
    try {
      for (String name : decoder.weights().names()) {
        NDArray parameter = decoder.weights().get(name);
        if (parameter.getShape().dimension() == 2) {
          made.add(name, parameter, settings.grid(name, decoder.config()));
        }
      }
      return made;
    } catch (RuntimeException e) {
      made.close();
      throw e;
    }
  }

  private void add(String name, NDArray parameter, BlockGrid grid) {
    if (!quantizer.isFinite(manager, parameter)) {
      throw new DataException(
          "tensor '%s' holds numbers that are not finite; they cannot be rounded".formatted(name));
    }
    NDArray master = parameter.duplicate();
    master.attach(manager);
    masters.put(name, master);
    Group group =
        groups.computeIfAbsent(grid, any -> new Group(new ArrayList<>(), new ArrayList<>()));
    group.parameters().add(parameter);
    group.masters().add(master);
  }

  @Override
  public Map<String, NDArray> masters() {
    return Collections.unmodifiableMap(masters);
  }

  @Override
  public void project() {
    groups.forEach(
        (grid, group) -> quantizer.round(manager, group.parameters(), group.masters(), grid));
  }

  /** Puts the masters in the place of what they are rounded to, to be saved. */
  public void reveal() {
    groups.values().forEach(group -> quantizer.copy(manager, group.parameters(), group.masters()));
  }

  @Override
  public void close() {
    quantizer.close();
    manager.close();
  }
}
