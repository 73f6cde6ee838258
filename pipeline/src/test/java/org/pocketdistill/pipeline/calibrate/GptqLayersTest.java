package org.pocketdistill.pipeline.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.batch.BatchOptions;
import org.pocketdistill.batch.Batches;
import org.pocketdistill.batch.TokenizedExample;
import org.pocketdistill.batch.TokenizedRows;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.model.LayerStep;
import org.pocketdistill.pipeline.model.Projection;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.model.TensorSource;
import org.pocketdistill.pipeline.quantize.Gptq;
import org.pocketdistill.pipeline.quantize.Hessian;
import org.pocketdistill.pipeline.quantize.RowMatrix;
import org.pocketdistill.pipeline.torch.Torch;

class GptqLayersTest {
  private static final long SEED = 21;

  /** A matrix of the model under its own name, as one that is not widened would come. */
  private record Stored(TensorSource tensors, String name, int rows, int columns)
      implements RowMatrix {
    @Override
    public void row(int row, float[] target) {
      tensors.rows(name).read(row, target);
    }
  }

  @Test
  void momentsAreThoseOfTheRealTokens() {
    float[] x = {1, 2, 3, -1, 7, 9, /* row 1 */ 4, 0, 100, 100, 100, 100};
    float[] real = {1, 1, 1, 1, 0, 0};
    try (NDManager scope = Torch.newManager();
        InputMoments moments =
            new InputMoments(
                List.of(Torch.copyOf(scope, x, new Shape(2, 3, 2))),
                List.of(Torch.copyOf(scope, real, new Shape(2, 3))))) {
      Hessian hessian = moments.hessian(new int[] {0, 2}, 3, 4, "w");

      // inputs (1, 2), (3, -1), (7, 9), (4, 0), times 2 / 4
      assertThat(hessian.at(0, 0)).isEqualTo((1 + 9 + 49 + 16) / 2.0);
      assertThat(hessian.at(0, 2)).isEqualTo((2 - 3 + 63) / 2.0);
      assertThat(hessian.at(2, 2)).isEqualTo((4 + 1 + 81) / 2.0);
      assertThat(hessian.at(0, 1)).isZero();
      // 2 x0 + 3/2 x1
      assertThat(moments.outputEnergy(new float[] {2, 1.5f}))
          .isCloseTo(5 * 5 + 4.5 * 4.5 + 27.5 * 27.5 + 8 * 8, within(1e-2));
    }
  }

  @Test
  void namesAMatrixWhoseInputsAreNoNumbers() {
    float[] x = {1, Float.NaN};
    try (NDManager scope = Torch.newManager();
        InputMoments moments =
            new InputMoments(
                List.of(Torch.copyOf(scope, x, new Shape(1, 1, 2))),
                List.of(Torch.copyOf(scope, new float[] {1}, new Shape(1, 1))))) {
      assertThatThrownBy(() -> moments.hessian(new int[] {0, 1}, 2, 1, "w"))
          .isInstanceOf(DataException.class)
          .hasMessage(
              "tensor 'w': element 1 of its inputs on the calibration rows has the moment NaN,"
                  + " expected finite numbers");
    }
  }

  @Test
  void readsWhereAMatrixBelongsFromItsName() {
    assertThat(MatrixPlace.of("model.layers.12.self_attn.qkv_proj"))
        .isEqualTo(new MatrixPlace(12, LayerStep.QKV, LayerStep.QKV.projections()));
    assertThat(MatrixPlace.of("model.layers.0.mlp.up_proj.weight"))
        .isEqualTo(new MatrixPlace(0, LayerStep.GATE_UP, List.of(Projection.UP_PROJ)));
    assertThatThrownBy(() -> MatrixPlace.of("lm_head.weight"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void goesForwardOnly() throws IOException {
    StoredModel model = StoredModel.open(Checkpoints.folder("qwen3"));
    List<Batch> batches = StructuredText.batches(StructuredText.rows(SEED, 6, 40));
    Gptq gptq = new Gptq(4, 32, true, 0.01, true, true);
    try (TensorSource tensors = model.tensors();
        GptqLayers layers = new GptqLayers(model, batches, layer -> gptq, i -> i)) {
      Stored up = new Stored(tensors, "model.layers.1.mlp.up_proj.weight", 64, 48);
      layers.of(up).quantize(up, row -> {});
      assertThat(layers.errors())
          .singleElement()
          .satisfies(error -> assertThat(error.gptq()).isLessThan(error.rtn()));
      Stored earlier = new Stored(tensors, "model.layers.0.mlp.up_proj.weight", 64, 48);
      assertThatThrownBy(() -> layers.of(earlier).quantize(earlier, row -> {}))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("GATE_UP of layer 0 has been passed");
    }
  }

  @Test
  void takesAsManyTokensAsAreAskedFor() {
    TokenizedRows rows = new TokenizedRows();
    for (int i = 0; i < 5; i++) {
      int[] ids = {1, 2, 3, 4};
      rows.add(new TokenizedExample("" + i, ids, ids));
    }
    Batches batches = new Batches(rows, new BatchOptions(2, 8, false, 0));

    assertThat(CalibrationTokens.first(batches, Optional.of(9), "here")).hasSize(2);
    assertThat(CalibrationTokens.first(batches, Optional.empty(), "here")).hasSize(3);
    assertThatThrownBy(() -> CalibrationTokens.first(batches, Optional.of(21), "here"))
        .isInstanceOf(DataException.class)
        .hasMessage(
            "here: 20 tokens to calibrate on, expected at least 21; give more rows, or ask for fewer"
                + " tokens");
  }
}
