package org.pocketdistill.pipeline.onnx;

import java.io.IOException;
import org.pocketdistill.pipeline.calibrate.ActivationRanges;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.model.StoredModel;

/**
 * What is known of how a file is rounded before its first matrix is written; close it.
 *
 * @param projections of an int4 file
 * @param activations of an int8_static file
 */
record Rounding(ProjectionRounding projections, ActivationRanges activations)
    implements AutoCloseable {
  /**
   * Runs calibration tokens through a model where the options ask for it.
   *
   * @throws org.pocketdistill.data.DataException if there are none, or too few
   */
  static Rounding of(StoredModel model, OnnxExporter.Options options) throws IOException {
    ProjectionRounding byWeights = ProjectionRounding.withoutText(options.int4());
    if (!OnnxExporter.Options.isCalibrated(options.precision(), options.int4())) {
      return new Rounding(byWeights, ActivationRanges.NONE);
    }
    Calibration calibration = options.calibration();
    return options.precision() == OnnxPrecision.INT8_STATIC
        ? new Rounding(
            byWeights, ActivationRanges.of(model, calibration.batches(), options.int8Static()))
        : new Rounding(
            ProjectionRounding.calibrated(model, options.int4(), calibration),
            ActivationRanges.NONE);
  }

  @Override
  public void close() {
    projections.close();
  }
}
