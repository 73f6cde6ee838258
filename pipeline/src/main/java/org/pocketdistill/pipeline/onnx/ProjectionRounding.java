package org.pocketdistill.pipeline.onnx;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.calibrate.BitAssignment;
import org.pocketdistill.pipeline.calibrate.CalibrationTokens;
import org.pocketdistill.pipeline.calibrate.GptqLayers;
import org.pocketdistill.pipeline.calibrate.LayerSensitivity;
import org.pocketdistill.pipeline.calibrate.MatrixPlace;
import org.pocketdistill.pipeline.calibrate.SensitivityMeasurement;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.config.Int4Config.Algorithm;
import org.pocketdistill.pipeline.config.MixedConfig;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.quantize.BlockFormat;
import org.pocketdistill.pipeline.quantize.BlockQuantizer;
import org.pocketdistill.pipeline.quantize.Gptq;
import org.pocketdistill.pipeline.quantize.HalfQuadratic;
import org.pocketdistill.pipeline.quantize.RoundToNearest;
import org.pocketdistill.pipeline.quantize.RowMatrix;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** How the matrices of an int4 file's layers are rounded, in their order in the graph; close it. */
final class ProjectionRounding implements AutoCloseable {
  private static final int BITS = 4;

  private final Int4Config int4;
  private final Optional<BitAssignment> mixed;
  private final Optional<GptqLayers> gptq;

  private ProjectionRounding(
      Int4Config int4, Optional<BitAssignment> mixed, Optional<GptqLayers> gptq) {
    this.int4 = int4;
    this.mixed = mixed;
    this.gptq = gptq;
  }

  /** By the weights alone. */
  static ProjectionRounding withoutText(Int4Config int4) {
    return new ProjectionRounding(int4, Optional.empty(), Optional.empty());
  }

  /**
   * By what text does in the model.
   *
   * @throws DataException if there is no text, or no choice of bits within the limit
   */
  static ProjectionRounding calibrated(StoredModel model, Int4Config int4, Calibration calibration)
      throws IOException {
    if (calibration.batches().isEmpty()) {
      throw new DataException(
          model.path()
              + ": algorithm gptq and mixed need rows to calibrate on, and there are none");
    }
    Optional<BitAssignment> mixed = Optional.empty();
    if (int4.mixed().isPresent()) {
      mixed = Optional.of(chosen(model, int4, int4.mixed().get(), calibration));
    }
    ProjectionRounding bits = new ProjectionRounding(int4, mixed, Optional.empty());
    if (!int4.isGptq()) {
      return bits;
    }
    HeadLayout heads = new HeadLayout(model.config().headDim());
    GptqLayers layers =
        new GptqLayers(model, calibration.batches(), bits::gptqOf, heads::positionInHeads);
    return new ProjectionRounding(int4, mixed, Optional.of(layers));
  }

  private static BitAssignment chosen(
      StoredModel model, Int4Config int4, MixedConfig limit, Calibration calibration)
      throws IOException {
    List<LayerSensitivity> layers;
    try (Decoder decoder = model.decoder(ComputeDtype.FP32);
        SensitivityMeasurement measurement =
            new SensitivityMeasurement(
                decoder,
                CalibrationTokens.first(calibration.batches(), limit.tokens()),
                bits -> plain(int4, bits))) {
      layers = measurement.measure();
    }
    return limit.maxKl().isPresent()
        ? BitAssignment.within(limit.maxKl().get(), layers)
        : BitAssignment.within(limit.targetMb().orElseThrow(), layers, calibration.packageBytes());
  }

  private Gptq gptqOf(int layer) {
    return new Gptq(
        bits(layer),
        int4.blockSize(),
        int4.symmetric(),
        int4.damping(),
        int4.ordersColumns(),
        true);
  }

  private int bits(int layer) {
    return mixed.map(found -> found.bits().get(layer)).orElse(BITS);
  }

  /** What rounds a matrix, when its turn has come. */
  BlockQuantizer of(RowMatrix matrix) {
    if (gptq.isPresent()) {
      return gptq.get().of(matrix);
    }
    return plain(int4, mixed.isPresent() ? bits(MatrixPlace.of(matrix.name()).layer()) : BITS);
  }

  /** What looks at the weights alone; HQQ has 4 bits only. */
  static BlockQuantizer plain(Int4Config int4, int bits) {
    return int4.algorithm() == Algorithm.HQQ && bits == BITS
        ? new HalfQuadratic(int4.blockSize())
        : new RoundToNearest(new BlockFormat(bits, int4.blockSize()), int4.symmetric());
  }

  /** Writes what calibration found into the package's folder; nothing where there was none. */
  void describe(Path folder) throws IOException {
    if (gptq.isPresent() || mixed.isPresent()) {
      QuantizationFile.write(folder, int4, gptq, mixed);
    }
  }

  @Override
  public void close() {
    gptq.ifPresent(GptqLayers::close);
  }
}
