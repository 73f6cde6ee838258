package org.pocketdistill.pipeline.plan;

import java.util.List;
import java.util.Locale;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.Int4Config;

/**
 * How a package stores weights.
 *
 * @param precision fp32: everything in fp32; fp16: matrices in fp16, which become fp32 in memory;
 *     int8 and int8_static: matrices in int8 with a scale for each output channel; int4: see {@link
 *     Int4Budget}
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
    PackageFormat inInt4 = new PackageFormat(OnnxPrecision.INT4, int4);
    return switch (precision) {
      case FP32, FP16 -> List.of(new PackageFormat(OnnxPrecision.INT8, int4), inInt4);
      case INT8, INT8_STATIC -> List.of(inInt4);
      case INT4 -> List.of();
    };
  }

  /** Bytes of all weights. */
  long weightBytes(ModelBudget model) {
    return switch (precision) {
      case FP32 -> model.fp32Bytes();
      case FP16 -> model.fp32Bytes() - widenedBytes(model);
      case INT8, INT8_STATIC -> model.int8Bytes();
      case INT4 -> new Int4Budget(model, int4).weightBytes();
    };
  }

  /** Bytes of an embedding, or of a head. */
  long tableBytes(ModelBudget model) {
    long rows = model.config().vocabSize();
    long elements = rows * model.config().hiddenSize();
    return switch (precision) {
      case FP32 -> Float.BYTES * elements;
      case FP16 -> Short.BYTES * elements;
      case INT8, INT8_STATIC -> elements + Float.BYTES * rows;
      case INT4 -> new Int4Budget(model, int4).tableBytes();
    };
  }

  /** Bytes that the weights take in memory beyond those of their files. */
  public long widenedBytes(ModelBudget model) {
    return precision == OnnxPrecision.FP16
        ? (Float.BYTES - Short.BYTES) * model.matrixElements()
        : 0;
  }

  /** Whether products are of floats. */
  boolean isFloat() {
    return precision == OnnxPrecision.FP32 || precision == OnnxPrecision.FP16;
  }

  /**
   * Bytes of the weights that a decoding step reads: all of them, but of an embedding that is not
   * the head as well only a row.
   */
  long bytesPerToken(ModelBudget model) {
    if (precision == OnnxPrecision.FP16) {
      return FP32.bytesPerToken(model);
    }
    long embedding = model.config().tieWordEmbeddings() ? 0 : tableBytes(model);
    return weightBytes(model) - embedding;
  }

  /** Bytes of the largest tensor, which is an embedding, a head or a projection. */
  long largestTensorBytes(ModelBudget model) {
    return model.largestTensor()
        * switch (precision) {
          case FP32 -> Float.BYTES;
          case FP16 -> Short.BYTES;
          case INT8, INT8_STATIC, INT4 -> 1;
        };
  }

  /** Name as in {@code export.precisions}. */
  String key() {
    return precision.name().toLowerCase(Locale.ROOT);
  }
}
