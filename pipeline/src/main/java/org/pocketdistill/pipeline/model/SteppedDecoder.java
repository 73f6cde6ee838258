package org.pocketdistill.pipeline.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.LongStream;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.torch.Arguments;
import org.pocketdistill.pipeline.torch.ArrayFiller;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Torch;

/**
 * Some tokens on their way through a model, step by step: the inputs of a step's projections are
 * there before anything is computed with their weights, which may be replaced then.
 *
 * <p>One layer is in memory at a time, with the tokens' hidden states [B, T, hidden] and the inputs
 * of one step [B, T, inputs]. In fp32, forward only; with the weights as they are it computes what
 * a {@link Decoder} does. Close it.
 */
public final class SteppedDecoder implements AutoCloseable {
  private static final List<LayerStep> STEPS = List.of(LayerStep.values());

  private final StreamedDecoder model;
  private final NDManager manager = Torch.newManager();
  private final ArrayFiller filler = new ArrayFiller();
  private final List<TokenBlock> blocks = new ArrayList<>();
  private final List<NDArray> hidden = new ArrayList<>();
  private final List<NDArray> inputs = new ArrayList<>();
  private NDArray finalNorm;
  private Decoder layer;
  private int at = -1;

  private SteppedDecoder(StreamedDecoder model) {
    this.model = model;
  }

  /**
   * Opens a model and looks the tokens up.
   *
   * @throws org.pocketdistill.data.DataException if a tensor is missing or has another shape than
   *     the configuration says
   */
  public static SteppedDecoder open(StoredModel stored, List<Batch> batches) throws IOException {
    StreamedDecoder model = StreamedDecoder.open(stored, ComputeDtype.FP32, new int[0]);
    SteppedDecoder decoder = new SteppedDecoder(model);
    for (Batch batch : batches) {
      TokenBlock block = model.ends().block(decoder.manager, batch);
      decoder.blocks.add(block);
      decoder.hidden.add(model.ends().embed(decoder.manager, block));
    }
    float[] norm = model.ends().weights().values(WeightLayout.FINAL_NORM);
    decoder.finalNorm = Torch.copyOf(decoder.manager, norm, new Shape(norm.length));
    model.ends().weights().close(); // embedding and head are of no use any more
    return decoder;
  }

  /** Shape and options of the model. */
  public ModelConfig config() {
    return model.config();
  }

  /**
   * Goes on to a step.
   *
   * @throws IllegalStateException if it has been passed
   */
  public void advanceTo(int layerIndex, LayerStep step) {
    int target = layerIndex * STEPS.size() + STEPS.indexOf(step);
    if (target < at) {
      throw new IllegalStateException(step + " of layer " + layerIndex + " has been passed");
    }
    while (at < target) {
      advance();
    }
  }

  /** The inputs of the step's projections, of each batch [B, T, inputs]; they stay this one's. */
  public List<NDArray> inputs() {
    return List.copyOf(inputs);
  }

  /** Goes on behind the last layer: the inputs of the head, of each batch [B · T, hidden]. */
  public List<NDArray> headInputs() {
    int end = config().numHiddenLayers() * STEPS.size();
    if (at < end) {
      advanceTo(config().numHiddenLayers() - 1, LayerStep.DOWN);
      addToHidden("add_mlp");
      at = end;
      inputs(i -> call("head_input", Arguments.of(hidden.get(i), finalNorm, tokens(i))));
    }
    return inputs();
  }

  private NDArray tokens(int batch) {
    Shape shape = hidden.get(batch).getShape();
    long[] all = LongStream.range(0, shape.get(0) * shape.get(1)).toArray();
    return Torch.copyOf(manager, all, new Shape(all.length));
  }

  /**
   * Replaces the weights of a projection of the current layer.
   *
   * @param values [outputs · inputs], row by row
   */
  public void replace(Projection projection, float[] values) {
    NDArray matrix = layer.weights().get(WeightLayout.matrix(0, projection));
    filler.fill(
        matrix,
        (first, target) ->
            target.asFloatBuffer().put(values, (int) first, target.remaining() / Float.BYTES));
  }

  private void advance() {
    at++;
    switch (STEPS.get(at % STEPS.size())) {
      case QKV -> enterLayer();
      case OUTPUT ->
          inputs(
              i -> {
                TokenBlock block = blocks.get(i);
                Arguments arguments = adapted(Arguments.of(inputs.get(i)).list(weights()));
                arguments.tensor(block.cos()).tensor(block.sin()).tensor(block.mask());
                return call("attention_output", arguments);
              });
      case GATE_UP -> {
        addToHidden("add_attention");
        inputs(i -> call("mlp_input", Arguments.of(hidden.get(i)).list(weights())));
      }
      case DOWN ->
          inputs(i -> call("mlp_inner", adapted(Arguments.of(inputs.get(i)).list(weights()))));
    }
  }

  private void enterLayer() {
    if (layer != null) {
      addToHidden("add_mlp");
      layer.close();
    }
    layer = model.layer(at / STEPS.size());
    inputs(i -> call("attention_input", Arguments.of(hidden.get(i)).list(weights())));
  }

  private void addToHidden(String kernel) {
    for (int i = 0; i < hidden.size(); i++) {
      Arguments arguments = Arguments.of(hidden.get(i), inputs.get(i)).list(weights());
      NDArray sum = call(kernel, adapted(arguments));
      hidden.set(i, sum).close();
    }
  }

  private void inputs(IntFunction<NDArray> computed) {
    for (int i = 0; i < hidden.size(); i++) {
      NDArray next = computed.apply(i);
      if (i < inputs.size()) {
        inputs.set(i, next).close();
      } else {
        inputs.add(next);
      }
    }
  }

  private List<NDArray> weights() {
    return layer.layerWeights(0);
  }

  private Arguments adapted(Arguments arguments) {
    return arguments.list(layer.noAdapters().of(0));
  }

  private NDArray call(String kernel, Arguments arguments) {
    return layer.kernels().call(manager, kernel, arguments);
  }

  @Override
  public void close() {
    if (layer != null) {
      layer.close();
    }
    filler.close();
    manager.close();
    model.close();
  }
}
