package org.pocketdistill.pipeline.calibrate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.model.LayerStep;
import org.pocketdistill.pipeline.model.Projection;
import org.pocketdistill.pipeline.model.SteppedDecoder;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.quantize.BlockFormat;
import org.pocketdistill.pipeline.quantize.BlockQuantizer;
import org.pocketdistill.pipeline.quantize.BlockScales;
import org.pocketdistill.pipeline.quantize.Dequantized;
import org.pocketdistill.pipeline.quantize.Gptq;
import org.pocketdistill.pipeline.quantize.GptqBlocks;
import org.pocketdistill.pipeline.quantize.RoundToNearest;
import org.pocketdistill.pipeline.quantize.RowMatrix;
import org.pocketdistill.pipeline.torch.Torch;

/**
 * GPTQ of a decoder's projections, which come one after the other as they are computed: q, k and v
 * as one matrix, o, gate, up, down, layer by layer. The moments of a matrix's inputs are those that
 * the calibration tokens have when everything before it is rounded; then it takes what its codes
 * stand for, too. Moments of one matrix are in memory at a time (of gate and up: the same), and one
 * layer. Close it.
 */
public final class GptqLayers implements AutoCloseable {
  private final IntFunction<Gptq> gptq;
  private final IntUnaryOperator headPosition;
  private final SteppedDecoder steps;
  private final NDManager manager = Torch.newManager();
  private final List<NDArray> real = new ArrayList<>();
  private final List<RoundingError> errors = new ArrayList<>();
  private final GptqProgress progress;
  private long tokens;
  private Inputs inputs;

  /** Of the matrices of a step; the Hessian is kept in the form that rounding needs. */
  private record Inputs(int layer, LayerStep step, InputMoments moments, Gptq.Prepared prepared) {}

  /**
   * Opens a model.
   *
   * @param batches calibration tokens
   * @param gptq of each layer: 4 or 8 bits, in groups of the size of a block
   * @param headPosition where an element of the attention's heads stands in the matrices that come:
   *     heads may be widened with zeros
   */
  public GptqLayers(
      StoredModel model, List<Batch> batches, IntFunction<Gptq> gptq, IntUnaryOperator headPosition)
      throws IOException {
    this.gptq = gptq;
    this.headPosition = headPosition;
    this.steps = SteppedDecoder.open(model, batches);
    this.progress = new GptqProgress(steps.config().numHiddenLayers());
    for (Batch batch : batches) {
      float[] ones = new float[batch.documentIds().length];
      for (int i = 0; i < ones.length; i++) {
        ones[i] = batch.documentIds()[i] > 0 ? 1 : 0;
        tokens += (long) ones[i];
      }
      real.add(Torch.copyOf(manager, ones, new Shape(batch.rows(), batch.length())));
    }
  }

  /** Calibration tokens without padding. */
  public long tokens() {
    return tokens;
  }

  /** What rounding did to each matrix so far. */
  public List<RoundingError> errors() {
    return List.copyOf(errors);
  }

  /** What rounds a matrix of the model; it may be used once, when the matrix's turn has come. */
  public BlockQuantizer of(RowMatrix matrix) {
    return new OfMatrix(gptq.apply(MatrixPlace.of(matrix.name()).layer()));
  }

  private final class OfMatrix implements BlockQuantizer {
    private final Gptq gptq;

    OfMatrix(Gptq gptq) {
      this.gptq = gptq;
    }

    @Override
    public BlockFormat format() {
      return new BlockFormat(gptq.bits(), gptq.groupSize());
    }

    @Override
    public BlockScales quantize(RowMatrix matrix, CodeSink sink) throws IOException {
      MatrixPlace place = MatrixPlace.of(matrix.name());
      Elements elements = new Elements(place, matrix);
      reach(place, elements, gptq, matrix.name());
      ByteArrayOutputStream codes = new ByteArrayOutputStream();
      BlockScales scales =
          new GptqBlocks(format(), inputs.prepared)
              .quantize(
                  matrix,
                  row -> {
                    codes.writeBytes(row);
                    sink.write(row);
                  });
      float[] rounded =
          elements.of(Dequantized.of(format(), scales, codes.toByteArray(), matrix.columns()));
      measure(matrix, elements, new RoundToNearest(format(), gptq.symmetric()), rounded);
      replace(place, rounded);
      if (place.step() == LayerStep.DOWN) {
        progress.layerDone(place.layer(), errors);
      }
      return scales;
    }
  }

  /** Leads the tokens to the matrix, unless they are there. */
  private void reach(MatrixPlace place, Elements elements, Gptq gptq, String matrix) {
    if (inputs != null && inputs.layer == place.layer() && inputs.step == place.step()) {
      return;
    }
    forget();
    steps.advanceTo(place.layer(), place.step());
    InputMoments moments = new InputMoments(steps.inputs(), real);
    Gptq.Prepared prepared =
        gptq.prepare(moments.hessian(elements.columns, elements.width, tokens, matrix));
    inputs = new Inputs(place.layer(), place.step(), moments, prepared);
  }

  private void measure(RowMatrix matrix, Elements elements, BlockQuantizer rtn, float[] rounded)
      throws IOException {
    float[] weights = elements.of(rows(matrix));
    float[] nearest = elements.of(Dequantized.of(rtn, matrix));
    double whole = inputs.moments.outputEnergy(weights);
    double scale = whole > 0 ? whole : 1;
    errors.add(
        new RoundingError(
            matrix.name(),
            inputs.moments.outputEnergy(difference(nearest, weights)) / scale,
            inputs.moments.outputEnergy(difference(rounded, weights)) / scale));
  }

  private static float[][] rows(RowMatrix matrix) {
    float[][] rows = new float[matrix.rows()][matrix.columns()];
    for (int i = 0; i < rows.length; i++) {
      matrix.row(i, rows[i]);
    }
    return rows;
  }

  private static float[] difference(float[] one, float[] other) {
    float[] difference = new float[one.length];
    for (int i = 0; i < one.length; i++) {
      difference[i] = one[i] - other[i];
    }
    return difference;
  }

  private void replace(MatrixPlace place, float[] rounded) {
    int start = 0;
    for (Projection projection : place.projections()) {
      int size = projection.outputs(steps.config()) * projection.inputs(steps.config());
      float[] values = new float[size];
      System.arraycopy(rounded, start, values, 0, size);
      steps.replace(projection, values);
      start += size;
    }
  }

  private void forget() {
    if (inputs != null) {
      inputs.moments.close();
      inputs = null;
    }
  }

  @Override
  public void close() {
    forget();
    manager.close();
    steps.close();
  }

  /** Where the model's own elements stand in a matrix whose heads may be widened. */
  private final class Elements {
    private final int[] rows;
    private final int[] columns;
    private final int width;

    Elements(MatrixPlace place, RowMatrix matrix) {
      int outputs = place.projections().stream().mapToInt(p -> p.outputs(steps.config())).sum();
      int size = place.projections().get(0).inputs(steps.config());
      this.rows = positions(outputs, place.step() == LayerStep.QKV);
      this.columns = positions(size, place.step() == LayerStep.OUTPUT);
      this.width = matrix.columns();
    }

    private int[] positions(int count, boolean heads) {
      return IntStream.range(0, count).map(heads ? headPosition : i -> i).toArray();
    }

    /** The model's own elements, row by row. */
    float[] of(float[][] matrix) {
      float[] own = new float[rows.length * columns.length];
      int next = 0;
      for (int row : rows) {
        for (int column : columns) {
          own[next++] = matrix[row][column];
        }
      }
      return own;
    }
  }
}
