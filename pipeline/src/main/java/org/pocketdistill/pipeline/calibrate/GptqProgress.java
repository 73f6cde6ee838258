package org.pocketdistill.pipeline.calibrate;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A line of the log for each layer. */
final class GptqProgress {
  private static final Logger LOG = LoggerFactory.getLogger("gptq");

  private final int layers;
  private final long started = System.nanoTime();

  GptqProgress(int layers) {
    this.layers = layers;
  }

  /**
   * Says what rounding did to the outputs of the layer's matrices, and how long the others take.
   */
  void layerDone(int layer, List<RoundingError> errors) {
    StringBuilder parts = new StringBuilder();
    String prefix = "model.layers." + layer + ".";
    for (RoundingError error : errors) {
      if (error.matrix().startsWith(prefix)) {
        String name = error.matrix().replaceAll(".*\\.(\\w+)_proj.*", "$1");
        parts.append(
            String.format(Locale.ROOT, ", %s %.2e (rtn %.2e)", name, error.gptq(), error.rtn()));
      }
    }
    double seconds = (System.nanoTime() - started) / 1e9;
    Duration left = Duration.ofSeconds(Math.round(seconds / (layer + 1) * (layers - layer - 1)));
    LOG.info(
        "layer {}/{}: output error{}, {} s, eta {}",
        layer + 1,
        layers,
        parts.isEmpty() ? "" : parts.substring(1),
        Math.round(seconds),
        left.toMinutes() > 0
            ? left.toMinutes() + "m" + left.toSecondsPart() + "s"
            : left.toSeconds() + "s");
  }
}
