package org.pocketdistill.pipeline.onnx;

import java.util.List;
import java.util.function.IntToLongFunction;
import org.pocketdistill.batch.Batch;

/**
 * What an int4 or int8_static file is calibrated with.
 *
 * @param batches tokens that run through the model
 * @param packageBytes of an int4 package with so many layers of 8 bits, for a limit of its size
 */
public record Calibration(List<Batch> batches, IntToLongFunction packageBytes) {
  /** Of a file whose algorithm looks at the weights alone. */
  public static final Calibration NONE = new Calibration(List.of(), widened -> 0);

  public Calibration {
    batches = List.copyOf(batches);
  }
}
