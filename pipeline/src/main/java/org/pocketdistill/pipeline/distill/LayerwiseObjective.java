package org.pocketdistill.pipeline.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.distill.StudentObjective.LearnedTokens;
import org.pocketdistill.pipeline.distill.StudentObjective.Learner;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.TokenBlock;
import org.pocketdistill.pipeline.torch.Gradients;
import org.pocketdistill.pipeline.torch.Torch;
import org.pocketdistill.pipeline.train.Objective;
import org.pocketdistill.pipeline.train.StepClock;
import org.pocketdistill.pipeline.train.StepClock.Phase;

/**
 * Cross entropy on the learned tokens, for adapters on a frozen model whose weights are unpacked
 * layer by layer: each layer is computed again when its gradient is due (activation checkpointing,
 * arXiv 1604.06174), so that never more than one layer's unpacked weights and inner activations are
 * in memory. The gradients are those of {@link StudentObjective}, for one more forward pass.
 */
public final class LayerwiseObjective implements Objective {
  private final Learner learner;
  private final Decoder decoder;
  private final TokenLoss tokenLoss;
  private final StudentObjective whole;

  /** Cross entropy of a model whose layers have adapters, and whose other weights are frozen. */
  public LayerwiseObjective(Learner learner, TokenLoss tokenLoss) {
    this.learner = learner;
    this.decoder = learner.decoder();
    this.tokenLoss = tokenLoss;
    this.whole = StudentObjective.crossEntropy(learner, tokenLoss);
  }

  @Override
  public LossSums accumulate(Batch batch, long learnedTokens, StepClock clock) {
    try (NDManager scope = decoder.weights().manager().newSubManager()) {
      LearnedTokens learned = LearnedTokens.of(batch);
      if (learned.rows().length == 0) {
        return new LossSums(0, 0);
      }
      NDArray rows = Torch.copyOf(scope, learned.rows(), new Shape(learned.rows().length));
      NDArray targets = Torch.copyOf(scope, learned.targets(), rows.getShape());
      TokenBlock block = decoder.block(scope, batch);
      long seed = drawSeed(scope);
      clock.lap(Phase.DATA);
      List<NDArray> states = forward(scope, block, seed);
      clock.lap(Phase.FORWARD);
      NDArray last = states.get(states.size() - 1);
      last.setRequiresGradient(true);
      TokenLoss.Result result;
      try (Gradients.Recording recording = Gradients.record()) {
        NDArray input = decoder.headInput(scope, last, rows);
        recording.pause();
        TokenLoss.Rows predictions =
            new TokenLoss.Rows(input, decoder.weights().head(), targets, learner.headGradient());
        result = tokenLoss.learn(scope, predictions, learnedTokens);
        clock.lap(Phase.LOSS);
        recording.backward(input, result.inputGradient());
      }
      backward(scope, block, states, seed);
      clock.lap(Phase.BACKWARD);
      return new LossSums(result.divergence(), result.crossEntropy());
    }
  }

  /** From libtorch's generator, so that equal runs drop alike. */
  private static long drawSeed(NDManager scope) {
    try (NDArray drawn = scope.randomInteger(0, 1 << 30, new Shape(1), DataType.INT64)) {
      return drawn.toLongArray()[0];
    }
  }

  /** Inputs of the layers and the last output, without the graphs that led to them. */
  private List<NDArray> forward(NDManager scope, TokenBlock block, long seed) {
    List<NDArray> states = new ArrayList<>();
    states.add(output(() -> decoder.embed(scope, block, learner.adapters())));
    for (int i = 0; i < decoder.config().numHiddenLayers(); i++) {
      Torch.seed(seed + i);
      int layer = i;
      states.add(output(() -> layer(scope, layer, states.get(layer), block)));
    }
    return states;
  }

  /** Recorded, since nothing is dropped otherwise. */
  private static NDArray output(Supplier<NDArray> computation) {
    try (Gradients.Recording recording = Gradients.record();
        NDArray recorded = computation.get()) {
      recording.pause();
      return Gradients.detach(recorded);
    }
  }

  private NDArray layer(NDManager scope, int layer, NDArray input, TokenBlock block) {
    return decoder.layer(scope, layer, input, block, learner.adapters());
  }

  private void backward(NDManager scope, TokenBlock block, List<NDArray> states, long seed) {
    boolean embedding = !learner.adapters().embedding().isEmpty();
    int lowest = embedding ? -1 : lowestAdapted();
    for (int i = states.size() - 2; i >= Math.max(0, lowest); i--) {
      int layer = i;
      NDArray input = states.get(i);
      input.setRequiresGradient(i > lowest);
      Torch.seed(seed + i);
      push(states.get(i + 1), () -> layer(scope, layer, input, block));
    }
    if (embedding) {
      push(states.get(0), () -> decoder.embed(scope, block, learner.adapters()));
    }
    // The next micro-batch drops other elements.
    Torch.seed(seed + states.size());
  }

  /** Below it no gradient is needed. */
  private int lowestAdapted() {
    int layer = 0;
    int layers = decoder.config().numHiddenLayers();
    while (layer < layers
        && learner.adapters().of(layer).stream().allMatch(array -> array.size() == 0)) {
      layer++;
    }
    return layer;
  }

  /**
   * Computes again what {@code output} is, and pushes its gradient through; it is not needed any
   * more.
   */
  private static void push(NDArray output, Supplier<NDArray> computation) {
    try (Gradients.Recording recording = Gradients.record();
        NDArray again = computation.get();
        NDArray gradient = Gradients.of(output)) {
      recording.backward(again, gradient);
    }
    output.close();
  }

  @Override
  public double measure(Batch batch) {
    return whole.measure(batch);
  }

  @Override
  public double loss(LossSums sums, long learned) {
    return whole.loss(sums, learned);
  }
}
