package org.pocketdistill.pipeline.plan;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.Int4Config;

/**
 * How a package stores weights.
 *
 * @param precision fp32: everything in fp32; int8: matrices in int8 with a scale for each output
 *     channel; int4: see {@link Int4Budget}
 * @param int4 how 4 bits are stored; of no account with the others
 */
public record PackageFormat(OnnxPrecision precision, Int4Config int4) {
  /** Everything in fp32. */
  public static final PackageFormat FP32 = of(OnnxPrecision.FP32);

  /** Matrices in int8. */
  public static final PackageFormat INT8 = of(OnnxPrecision.INT8);

  /** Projections in 4 bits as they are unless a job says otherwise. */
  public static final PackageFormat INT4 = of(OnnxPrecision.INT4);

  /** The format of a precision with {@link Int4Config#DEFAULT}. */
  public static PackageFormat of(OnnxPrecision precision) {
    return new PackageFormat(precision, Int4Config.DEFAULT);
  }

  /** Those with fewer bits, from the largest to the smallest. */
  List<PackageFormat> smaller() {
    return Arrays.stream(OnnxPrecision.values())
        .filter(other -> other.compareTo(precision) > 0)
        .map(other -> new PackageFormat(other, int4))
        .toList();
  }

  /** Bytes of all weights. */
  long weightBytes(ModelBudget model) {
    return switch (precision) {
      case FP32 -> model.fp32Bytes();
      case INT8 -> model.int8Bytes();
      case INT4 -> new Int4Budget(model, int4).weightBytes();
    };
  }

  /** Bytes of an embedding, or of a head. */
  long tableBytes(ModelBudget model) {
    long rows = model.config().vocabSize();
    long elements = rows * model.config().hiddenSize();
    return switch (precision) {
      case FP32 -> Float.BYTES * elements;
      case INT8 -> elements + Float.BYTES * rows;
      case INT4 -> new Int4Budget(model, int4).tableBytes();
    };
  }

  /**
   * Bytes of the weights that a decoding step reads: all of them, but of an embedding that is not
   * the head as well only a row.
   */
  long bytesPerToken(ModelBudget model) {
    long embedding = model.config().tieWordEmbeddings() ? 0 : tableBytes(model);
    return weightBytes(model) - embedding;
  }

  /** Bytes of the largest tensor, which is an embedding, a head or a projection. */
  long largestTensorBytes(ModelBudget model) {
    return model.largestTensor() * (precision == OnnxPrecision.FP32 ? Float.BYTES : 1);
  }

  /** Name as in {@code export.precisions}. */
  String key() {
    return precision.name().toLowerCase(Locale.ROOT);
  }
}
