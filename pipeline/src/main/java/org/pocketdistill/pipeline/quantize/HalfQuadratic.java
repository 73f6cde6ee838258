package org.pocketdistill.pipeline.quantize;

import java.io.IOException;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * HQQ (Badri and Shaji, "Half-Quadratic Quantization of Large Machine Learning Models", 2023) with
 * 4 bits, as ONNX Runtime's quantizer computes it. Per block, with the scale fixed at range / 15:
 *
 * <pre>
 * q = round(w / scale + zero);  d = w − scale · (q − zero)
 * e = sign(d) · max(0, |d| − |d|^(p − 1) / β);  zero = mean(q − (w − e) / scale);  β = κ · β
 * </pre>
 *
 * p = 0.7, β = 10 at first, κ = 1.01; 20 steps, or until mean |d| of the whole matrix stops
 * falling. Halves to even. Needs no calibration data. The matrix is held in memory; a last block
 * that is filled up counts with its zeros.
 */
public record HalfQuadratic(int blockSize) implements BlockQuantizer {
  private static final int BITS = 4;
  private static final int LARGEST_CODE = 15;
  private static final int STEPS = 20;
  private static final double P = 0.7;
  private static final double FIRST_BETA = 10;
  private static final double KAPPA = 1.01;
  private static final float LARGEST_INVERSE = 2e4f;
  private static final double WORST_ERROR = 1e4;

  @Override
  public BlockFormat format() {
    return new BlockFormat(BITS, blockSize);
  }

  /** A row with what is found for its blocks; {@code inverses} are those of the scales. */
  private record Row(float[] weights, float[] inverses, float[] zeros) {}

  @Override
  public BlockScales quantize(RowMatrix matrix, CodeSink sink) throws IOException {
    int blocks = format().blocks(matrix.columns());
    Row[] rows = new Row[matrix.rows()];
    float[] values = new float[matrix.columns()];
    for (int i = 0; i < rows.length; i++) {
      matrix.finiteRow(i, values);
      rows[i] = started(Arrays.copyOf(values, blocks * blockSize), blocks);
    }
    optimize(rows);
    float[] scales = new float[Math.multiplyExact(rows.length, blocks)];
    float[] zeros = new float[scales.length];
    byte[] codes = new byte[blocks * format().blockBytes()];
    for (int i = 0; i < rows.length; i++) {
      pack(rows[i], codes);
      sink.write(codes);
      for (int block = 0; block < blocks; block++) {
        scales[i * blocks + block] = 1 / rows[i].inverses()[block];
        zeros[i * blocks + block] = rows[i].zeros()[block];
      }
    }
    return new BlockScales(scales, new ZeroPoints.Fractional(zeros));
  }

  private Row started(float[] weights, int blocks) {
    Row row = new Row(weights, new float[blocks], new float[blocks]);
    for (int block = 0; block < blocks; block++) {
      float smallest = Float.POSITIVE_INFINITY;
      float largest = Float.NEGATIVE_INFINITY;
      for (int i = block * blockSize; i < (block + 1) * blockSize; i++) {
        smallest = Math.min(smallest, weights[i]);
        largest = Math.max(largest, weights[i]);
      }
      float range = largest - smallest;
      float inverse = Math.min(LARGEST_INVERSE, range == 0 ? 1 : LARGEST_CODE / range);
      row.inverses()[block] = inverse;
      row.zeros()[block] = (float) Math.rint(-smallest * inverse);
    }
    return row;
  }

  private void optimize(Row[] rows) {
    double elements = (double) rows.length * rows[0].weights().length;
    double beta = FIRST_BETA;
    float best = (float) WORST_ERROR;
    for (int step = 0; step < STEPS; step++) {
      double[] errors = new double[rows.length];
      float share = (float) (1 / beta);
      IntStream.range(0, rows.length)
          .parallel()
          .forEach(i -> errors[i] = improveZeros(rows[i], share));
      float error = (float) (Arrays.stream(errors).sum() / elements);
      if (!(error < best)) {
        return;
      }
      best = error;
      beta *= KAPPA;
    }
  }

  /** Gives the sum of |w − what the old codes stand for|. */
  private double improveZeros(Row row, float share) {
    double error = 0;
    for (int block = 0; block < row.zeros().length; block++) {
      float inverse = row.inverses()[block];
      float zero = row.zeros()[block];
      double sum = 0;
      for (int i = block * blockSize; i < (block + 1) * blockSize; i++) {
        float weight = row.weights()[i];
        float code = code(weight, inverse, zero);
        float difference = weight - (code - zero) / inverse;
        error += Math.abs(difference);
        sum += code - (weight - shrink(difference, share)) * inverse;
      }
      row.zeros()[block] = (float) (sum / blockSize);
    }
    return error;
  }

  private static float shrink(float difference, float share) {
    float size = Math.abs(difference);
    float less = size - share * (float) Math.pow(size + 1e-8f, P - 1);
    return less > 0 ? Math.copySign(less, difference) : 0;
  }

  private static int code(float weight, float inverse, float zero) {
    return Math.max(0, Math.min(LARGEST_CODE, (int) Math.rint(weight * inverse + zero)));
  }

  private void pack(Row row, byte[] codes) {
    BlockFormat format = format();
    Arrays.fill(codes, (byte) 0);
    for (int i = 0; i < row.weights().length; i++) {
      int block = i / blockSize;
      format.put(codes, 0, i, code(row.weights()[i], row.inverses()[block], row.zeros()[block]));
    }
  }
}
