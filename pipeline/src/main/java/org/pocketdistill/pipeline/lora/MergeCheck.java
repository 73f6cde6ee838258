package org.pocketdistill.pipeline.lora;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.stream.LongStream;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.batch.BatchOptions;
import org.pocketdistill.batch.Batches;
import org.pocketdistill.batch.TokenizedRows;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.LayerAdapters;
import org.pocketdistill.pipeline.torch.Torch;

/** Compares a merged model with the model and its adapter apart, on rows of the adapter's data. */
public final class MergeCheck {
  /** Rounding of fp32 in another order, for logits of size 10. */
  private static final double TOLERANCE = 1e-3;

  private static final int ROWS = 8;

  private MergeCheck() {}

  /**
   * Merges an adapter into a decoder's weights, in place, so that the model is in memory once.
   *
   * @param decoder in fp32
   * @return largest difference of a logit
   * @throws IllegalStateException if it is beyond rounding; the merged model is not to be used
   */
  public static double merge(
      String name, Decoder decoder, LoraAdapter adapter, TokenizedRows rows) {
    int longest = 0;
    for (int i = 0; i < rows.size(); i++) {
      longest = Math.max(longest, rows.length(i));
    }
    Batch batch = new Batches(rows, new BatchOptions(ROWS, longest, false, 0)).get(0);
    adapter.attachHead(decoder.weights());
    float[] expected = logits(decoder, adapter, batch);
    adapter.mergeInto(decoder.weights());
    float[] actual = logits(decoder, decoder.noAdapters(), batch);
    double largest = 0;
    for (int i = 0; i < expected.length; i++) {
      double difference = Math.abs((double) expected[i] - actual[i]);
      largest = Double.isNaN(difference) ? Double.NaN : Math.max(largest, difference);
    }
    if (!(largest <= TOLERANCE)) {
      throw new IllegalStateException(
          "adapter %s: merged logits differ by %s from those with the adapter apart, expected at most %s"
              .formatted(name, largest, TOLERANCE));
    }
    return largest;
  }

  private static float[] logits(Decoder decoder, LayerAdapters adapters, Batch batch) {
    try (NDManager scope = Torch.newManager()) {
      long[] real =
          LongStream.range(0, batch.documentIds().length)
              .filter(i -> batch.documentIds()[(int) i] != 0)
              .toArray();
      NDArray hidden = decoder.forward(scope, decoder.block(scope, batch), adapters);
      NDArray rows = Torch.copyOf(scope, real, new Shape(real.length));
      return decoder.logits(scope, decoder.headInput(scope, hidden, rows)).toFloatArray();
    }
  }
}
