package org.pocketdistill.pipeline.calibrate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.Projection;
import org.pocketdistill.pipeline.model.TokenBlock;
import org.pocketdistill.pipeline.model.WeightLayout;
import org.pocketdistill.pipeline.quantize.BlockQuantizer;
import org.pocketdistill.pipeline.quantize.Dequantized;
import org.pocketdistill.pipeline.quantize.RowMatrix;
import org.pocketdistill.pipeline.torch.Arguments;
import org.pocketdistill.pipeline.torch.ArrayFiller;
import org.pocketdistill.pipeline.torch.Kernels;
import org.pocketdistill.pipeline.torch.Torch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rounds one layer of a decoder after the other, with 4 and with 8 bits, and measures what that
 * does to its distributions. Hidden states of all layers are kept, so that only the layers behind
 * the rounded one are computed again.
 */
public final class SensitivityMeasurement implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger("mixed");

  /** Tokens whose logits are there at once. */
  private static final int TOKENS_TOGETHER = 256;

  private final Decoder decoder;
  private final IntFunction<BlockQuantizer> quantizers;
  private final NDManager manager = Torch.newManager();
  private final Kernels kernels = Kernels.load("Calibration", Map.of());
  private final ArrayFiller filler = new ArrayFiller();
  private final List<Text> texts = new ArrayList<>();
  private long tokens;

  /** A batch that went through the model in fp32; the last hidden state is that before the head. */
  private record Text(TokenBlock block, long[] rows, Map<Integer, NDArray> states) {}

  /**
   * Runs the text through the decoder.
   *
   * @param decoder in fp32; its weights are changed and put back
   * @param quantizers of 4 and of 8 bits
   */
  public SensitivityMeasurement(
      Decoder decoder, List<Batch> batches, IntFunction<BlockQuantizer> quantizers) {
    this.decoder = decoder;
    this.quantizers = quantizers;
    int layers = decoder.config().numHiddenLayers();
    for (Batch batch : batches) {
      TokenBlock block = decoder.block(manager, batch);
      long[] rows =
          LongStream.range(0, batch.documentIds().length)
              .filter(i -> batch.documentIds()[(int) i] > 0)
              .toArray();
      Map<Integer, NDArray> states =
          decoder
              .forward(
                  manager,
                  block,
                  decoder.noAdapters(),
                  IntStream.rangeClosed(0, layers).boxed().collect(Collectors.toSet()))
              .kept();
      texts.add(new Text(block, rows, states));
      tokens += rows.length;
    }
  }

  /** What each layer loses. */
  public List<LayerSensitivity> measure() throws IOException {
    List<LayerSensitivity> found = new ArrayList<>();
    long started = System.nanoTime();
    int layers = decoder.config().numHiddenLayers();
    for (int layer = 0; layer < layers; layer++) {
      found.add(new LayerSensitivity(layer, divergence(layer, 4), divergence(layer, 8)));
      double seconds = (System.nanoTime() - started) / 1e9;
      LOG.info(
          "layer {}/{}: KL {} with 4 bits, {} with 8, eta {} s",
          layer + 1,
          layers,
          String.format(Locale.ROOT, "%.2e", found.get(layer).kl4()),
          String.format(Locale.ROOT, "%.2e", found.get(layer).kl8()),
          Math.round(seconds / (layer + 1) * (layers - layer - 1)));
    }
    return found;
  }

  private double divergence(int layer, int bits) throws IOException {
    Map<Projection, float[]> original = round(layer, quantizers.apply(bits));
    try {
      double sum = 0;
      for (Text text : texts) {
        sum += divergence(text, layer);
      }
      return sum / tokens;
    } finally {
      original.forEach((projection, values) -> fill(layer, projection, values));
    }
  }

  /** Gives the weights that were there before. */
  private Map<Projection, float[]> round(int layer, BlockQuantizer quantizer) throws IOException {
    Map<Projection, float[]> original = new EnumMap<>(Projection.class);
    for (Projection projection : Projection.values()) {
      String name = WeightLayout.matrix(layer, projection);
      float[] values = decoder.weights().values(name);
      original.put(projection, values);
      int columns = projection.inputs(decoder.config());
      float[][] rounded = Dequantized.of(quantizer, new Flat(name, values, columns));
      float[] flat = new float[values.length];
      for (int row = 0; row < rounded.length; row++) {
        System.arraycopy(rounded[row], 0, flat, row * columns, columns);
      }
      fill(layer, projection, flat);
    }
    return original;
  }

  private void fill(int layer, Projection projection, float[] values) {
    filler.fill(
        decoder.weights().get(WeightLayout.matrix(layer, projection)),
        (first, target) ->
            target.asFloatBuffer().put(values, (int) first, target.remaining() / Float.BYTES));
  }

  private double divergence(Text text, int layer) {
    int layers = decoder.config().numHiddenLayers();
    try (NDManager scope = manager.newSubManager()) {
      NDArray hidden = text.states.get(layer);
      for (int i = layer; i < layers; i++) {
        NDArray next = decoder.layer(scope, i, hidden, text.block, decoder.noAdapters());
        if (i > layer) {
          hidden.close();
        }
        hidden = next;
      }
      double sum = 0;
      for (int first = 0; first < text.rows.length; first += TOKENS_TOGETHER) {
        int end = Math.min(text.rows.length, first + TOKENS_TOGETHER);
        long[] rows = Arrays.copyOfRange(text.rows, first, end);
        sum += divergence(text.states.get(layers), hidden, rows);
      }
      return sum;
    }
  }

  private double divergence(NDArray whole, NDArray rounded, long[] rows) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray picked = Torch.copyOf(scope, rows, new Shape(rows.length));
      NDArray expected = decoder.headInput(scope, whole, picked);
      NDArray found = decoder.headInput(scope, rounded, picked);
      Arguments arguments = Arguments.of(expected, found, decoder.weights().head());
      return kernels.call(scope, "divergence", arguments).getDouble();
    }
  }

  @Override
  public void close() {
    filler.close();
    kernels.close();
    manager.close();
  }

  /** A matrix in memory. */
  private record Flat(String name, float[] values, int columns) implements RowMatrix {
    @Override
    public int rows() {
      return values.length / columns;
    }

    @Override
    public void row(int row, float[] target) {
      System.arraycopy(values, row * columns, target, 0, columns);
    }
  }
}
