package org.pocketdistill.pipeline.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Optional;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.TokenBlock;

/**
 * A teacher that runs beside the student, once for every micro-batch.
 *
 * @param features what of its inside the student learns
 */
public record LiveTeacher(Decoder decoder, FeatureLoss.Wanted features) implements Teacher {
  /** A teacher of distributions alone. */
  public LiveTeacher(Decoder decoder) {
    this(decoder, FeatureLoss.Wanted.NOTHING);
  }

  @Override
  public Lesson lesson(NDManager scope, Batch batch, NDArray rows) {
    TokenBlock block = decoder.block(scope, batch);
    Decoder.HiddenStates states =
        decoder.forward(scope, block, decoder.noAdapters(), features.states());
    NDArray input = decoder.headInput(scope, states.last(), rows);
    Optional<FeatureLoss.Inside> inside =
        features.isNothing()
            ? Optional.empty()
            : Optional.of(features.of(scope, decoder, states.kept(), block, decoder.noAdapters()));
    if (!features.states().contains(decoder.config().numHiddenLayers())) {
      states.last().close();
    }
    return new Logits(input, decoder.weights().head(), inside);
  }
}
