package org.pocketdistill.pipeline.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.TokenBlock;

/** A teacher that runs beside the student, once for every micro-batch. */
public record LiveTeacher(Decoder decoder) implements Teacher {
  @Override
  public Lesson lesson(NDManager scope, Batch batch, NDArray rows) {
    TokenBlock block = decoder.block(scope, batch);
    try (NDArray hidden = decoder.forward(scope, block, decoder.noAdapters())) {
      return new Logits(decoder.headInput(scope, hidden, rows), decoder.weights().head());
    }
  }
}
