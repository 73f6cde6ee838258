package org.pocketdistill.pipeline.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.Projection;
import org.pocketdistill.pipeline.model.RowScorer;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.model.WeightLayout;
import org.pocketdistill.pipeline.quantize.BlockFormat;
import org.pocketdistill.pipeline.quantize.Dequantized;
import org.pocketdistill.pipeline.quantize.RoundToNearest;
import org.pocketdistill.pipeline.quantize.RowMatrix;
import org.pocketdistill.pipeline.torch.ArrayFiller;
import org.pocketdistill.pipeline.torch.ComputeDtype;

class SensitivityMeasurementTest {
  private static final List<int[]> ROWS = StructuredText.rows(31, 7, 40);

  private static RoundToNearest rtn(int bits) {
    return new RoundToNearest(new BlockFormat(bits, 32), true);
  }

  @Test
  void roundsOneLayerAloneAndPutsItBack() throws IOException {
    StoredModel model = StoredModel.open(Checkpoints.folder("qwen3"));
    List<LayerSensitivity> found;
    float[][][] whole;
    try (Decoder decoder = model.decoder(ComputeDtype.FP32)) {
      whole = logits(decoder);
      try (SensitivityMeasurement measurement =
          new SensitivityMeasurement(
              decoder, StructuredText.batches(ROWS), SensitivityMeasurementTest::rtn)) {
        found = measurement.measure();
      }
      assertThat(Arrays.deepEquals(logits(decoder), whole)).as("the weights are back").isTrue();
    }

    assertThat(found).extracting(LayerSensitivity::layer).containsExactly(0, 1);
    for (LayerSensitivity layer : found) {
      double expected = divergence(whole, rounded(model, layer.layer()));
      assertThat(layer.kl4()).isCloseTo(expected, within(1e-3 * expected + 1e-7));
      assertThat(layer.kl8()).isBetween(0.0, layer.kl4() / 20);
    }
  }

  private static float[][][] rounded(StoredModel model, int layer) throws IOException {
    try (Decoder decoder = model.decoder(ComputeDtype.FP32);
        ArrayFiller filler = new ArrayFiller()) {
      for (Projection projection : Projection.values()) {
        String name = WeightLayout.matrix(layer, projection);
        int columns = projection.inputs(decoder.config());
        float[][] rows =
            Dequantized.of(rtn(4), new Stored(name, decoder.weights().values(name), columns));
        filler.fill(
            decoder.weights().get(name),
            (first, target) -> {
              for (float[] row : rows) {
                for (float value : row) {
                  target.putFloat(value);
                }
              }
            });
      }
      return logits(decoder);
    }
  }

  private record Stored(String name, float[] values, int columns) implements RowMatrix {
    @Override
    public int rows() {
      return values.length / columns;
    }

    @Override
    public void row(int row, float[] target) {
      System.arraycopy(values, row * columns, target, 0, columns);
    }
  }

  private static float[][][] logits(Decoder decoder) {
    RowScorer scorer = new RowScorer(decoder, 0);
    return ROWS.stream().map(scorer::logits).toArray(float[][][]::new);
  }

  private static double divergence(float[][][] whole, float[][][] rounded) {
    double sum = 0;
    int tokens = 0;
    for (int row = 0; row < whole.length; row++) {
      for (int i = 0; i < whole[row].length; i++) {
        double[] p = logProbs(whole[row][i]);
        double[] q = logProbs(rounded[row][i]);
        for (int id = 0; id < p.length; id++) {
          sum += Math.exp(p[id]) * (p[id] - q[id]);
        }
        tokens++;
      }
    }
    return sum / tokens;
  }

  private static double[] logProbs(float[] logits) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double total = 0;
    for (float logit : logits) {
      total += Math.exp(logit - largest);
    }
    double[] logProbs = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      logProbs[i] = logits[i] - largest - Math.log(total);
    }
    return logProbs;
  }
}
