package org.pocketdistill.pipeline.model;

import java.util.Map;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Kernels;

/** Loads the decoder's kernels with a model's constants written into their source. */
final class DecoderKernels {
  private static final int WEIGHTS_BEFORE_OPTIONS = 9;
  private static final int QKV_BIASES = 3;

  private DecoderKernels() {}

  static Kernels load(ModelConfig config, ComputeDtype dtype, double loraDropout) {
    int queryNorm = WEIGHTS_BEFORE_OPTIONS + (config.qkvBias() ? QKV_BIASES : 0);
    return Kernels.load(
        "Decoder",
        Map.of(
            "DTYPE", dtype.scalarType(),
            "WINDOW", Integer.toString(config.slidingWindow().orElse(0)),
            "DROPOUT", Double.toString(loraDropout),
            "QKV_BIAS", config.qkvBias() ? "True" : "False",
            "QK_NORM", config.qkNorm() ? "True" : "False",
            "HEAD_DIM", Integer.toString(config.headDim()),
            "Q_NORM", Integer.toString(queryNorm),
            "EPS", Double.toString(config.rmsNormEps()),
            "SCALE", Double.toString(1 / Math.sqrt(config.headDim()))));
  }
}
