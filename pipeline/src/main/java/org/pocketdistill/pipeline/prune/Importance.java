package org.pocketdistill.pipeline.prune;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.TokenBlock;
import org.pocketdistill.pipeline.torch.Torch;

/**
 * What the parts of a decoder do on some text; forward passes only.
 *
 * <p>A channel's score is the root of Σ over rows of (mean over the row's tokens of |activation|)²,
 * as in Minitron (arXiv 2407.14679); a hidden channel's is the sum of its scores over the outputs
 * of all layers' norms, a head's the L2 norm of its channels' at the input of the output
 * projection. Block influence is 1 − the mean cosine of a token's hidden state before and after the
 * layer (ShortGPT, arXiv 2403.03853).
 *
 * @param blockInfluence of each layer
 * @param hidden [hidden] of each channel of the residual stream
 * @param neurons of each layer [intermediate]
 * @param heads of each layer [query heads]
 * @param tokens that it was measured on
 */
public record Importance(
    double[] blockInfluence,
    double[] hidden,
    List<double[]> neurons,
    List<double[]> heads,
    long tokens) {

  /** Runs the decoder over the batches. */
  public static Importance measure(Decoder decoder, List<Batch> batches) {
    Sums sums = new Sums(decoder.config());
    batches.forEach(batch -> sums.add(decoder, batch));
    return sums.importance();
  }

  /** Sums over all batches, in fp64. */
  private static final class Sums {
    private final ModelConfig config;
    private final double[] similarity;
    private final List<double[]> attentionInputs = new ArrayList<>();
    private final List<double[]> attentionOutputs = new ArrayList<>();
    private final List<double[]> mlpInputs = new ArrayList<>();
    private final List<double[]> neurons = new ArrayList<>();
    private long tokens;

    Sums(ModelConfig config) {
      this.config = config;
      this.similarity = new double[config.numHiddenLayers()];
      for (int i = 0; i < config.numHiddenLayers(); i++) {
        attentionInputs.add(new double[config.hiddenSize()]);
        attentionOutputs.add(new double[config.numAttentionHeads() * config.headDim()]);
        mlpInputs.add(new double[config.hiddenSize()]);
        neurons.add(new double[config.intermediateSize()]);
      }
    }

    void add(Decoder decoder, Batch batch) {
      try (NDManager scope = decoder.weights().manager().newSubManager()) {
        TokenBlock block = decoder.block(scope, batch);
        NDArray real = real(scope, batch);
        NDArray hidden = decoder.embed(scope, block);
        for (int i = 0; i < config.numHiddenLayers(); i++) {
          NDList observed = decoder.observe(scope, i, hidden, block, real);
          add(observed.get(1), attentionInputs.get(i));
          add(observed.get(2), attentionOutputs.get(i));
          add(observed.get(3), mlpInputs.get(i));
          add(observed.get(4), neurons.get(i));
          similarity[i] += observed.get(5).getFloat();
          hidden.close();
          hidden = observed.get(0);
        }
      }
    }

    private NDArray real(NDManager scope, Batch batch) {
      float[] real = new float[batch.documentIds().length];
      for (int i = 0; i < real.length; i++) {
        real[i] = batch.documentIds()[i] > 0 ? 1 : 0;
        tokens += batch.documentIds()[i] > 0 ? 1 : 0;
      }
      return Torch.copyOf(scope, real, new Shape(batch.rows(), batch.length()));
    }

    private static void add(NDArray values, double[] sums) {
      float[] added = values.toFloatArray();
      for (int i = 0; i < sums.length; i++) {
        sums[i] += added[i];
      }
    }

    Importance importance() {
      double[] influence = new double[similarity.length];
      double[] hidden = new double[config.hiddenSize()];
      for (int layer = 0; layer < influence.length; layer++) {
        influence[layer] = 1 - similarity[layer] / tokens;
        for (int c = 0; c < hidden.length; c++) {
          hidden[c] +=
              Math.sqrt(attentionInputs.get(layer)[c]) + Math.sqrt(mlpInputs.get(layer)[c]);
        }
      }
      List<double[]> heads = attentionOutputs.stream().map(this::heads).toList();
      List<double[]> scores = neurons.stream().map(Sums::roots).toList();
      return new Importance(influence, hidden, scores, heads, tokens);
    }

    private static double[] roots(double[] sums) {
      return Arrays.stream(sums).map(Math::sqrt).toArray();
    }

    /** The squares of a channel's scores are the sums themselves. */
    private double[] heads(double[] sums) {
      double[] heads = new double[config.numAttentionHeads()];
      for (int i = 0; i < sums.length; i++) {
        heads[i / config.headDim()] += sums[i];
      }
      return roots(heads);
    }
  }
}
