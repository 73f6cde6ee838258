package org.pocketdistill.pipeline.model;

import java.util.Map;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Kernels;

/** Loads the decoder's kernels with a model's constants written into their source. */
final class DecoderKernels {
  private static final int WEIGHTS_BEFORE_OPTIONS = 9;
  private static final int QKV_BIASES = 3;

  private DecoderKernels() {}

  static Kernels load(
      ModelConfig config, ComputeDtype dtype, double loraDropout, ProjectionFormat format) {
    int queryNorm = WEIGHTS_BEFORE_OPTIONS + (config.qkvBias() ? QKV_BIASES : 0);
    return Kernels.load(
        "Decoder",
        Map.ofEntries(
            Map.entry("DTYPE", dtype.scalarType()),
            Map.entry("WINDOW", Integer.toString(config.slidingWindow().orElse(0))),
            Map.entry("DROPOUT", Double.toString(loraDropout)),
            Map.entry("QKV_BIAS", flag(config.qkvBias())),
            Map.entry("QK_NORM", flag(config.qkNorm())),
            Map.entry("HEAD_DIM", Integer.toString(config.headDim())),
            Map.entry("Q_NORM", Integer.toString(queryNorm)),
            Map.entry("EPS", Double.toString(config.rmsNormEps())),
            Map.entry("SCALE", Double.toString(1 / Math.sqrt(config.headDim()))),
            Map.entry("NF4", flag(format.isPacked())),
            Map.entry("DOUBLE_QUANT", flag(format == ProjectionFormat.NF4_DOUBLE_QUANT)),
            Map.entry("STATE", Integer.toString(WeightLayout.layerNames(config, 0).size()))));
  }

  private static String flag(boolean value) {
    return value ? "True" : "False";
  }
}
