package org.pocketdistill.pipeline.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.config.Int4Config.Algorithm;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.HfFolder;
import org.pocketdistill.pipeline.model.WeightLayout;
import org.pocketdistill.pipeline.quantize.BlockFormat;
import org.pocketdistill.pipeline.recover.FakeQuantized;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** What a training computes with and what the exported file stands for are the same numbers. */
class FakeQuantizedPackageTest {
  private static final int CONTEXT = 32;

  @TempDir Path folder;

  /** Heads of 12 in all but qwen3, which are widened to 16. */
  @ParameterizedTest
  @CsvSource({
    "qwen3, true, 8, 32", "qwen3, false, 4, 64", "llama_gqa, true, 4, 32",
    "llama_gqa, false, 8, 64", "llama_tied_mha, true, 8, 128", "qwen2, false, 4, 32"
  })
  void areThoseOfThePackage(String name, boolean symmetric, int headBits, int blockSize)
      throws IOException {
    Path source = Checkpoints.folder(name);
    Int4Config int4 = new Int4Config(blockSize, Optional.of(symmetric), Algorithm.RTN, headBits, 0);
    Path packaged = export(source, int4);
    PackagedBlocks blocks = PackagedBlocks.open(packaged, new BlockFormat(4, blockSize));
    PackagedBlocks tables = PackagedBlocks.open(packaged, new BlockFormat(headBits, blockSize));
    Path rounded =
        new RoundedCheckpoint(
                source, int4, (tensor, matrix) -> blocks.values(tensor, matrix.columns()))
            .write(folder.resolve("rounded"));

    try (Decoder decoder = HfFolder.load(source, ComputeDtype.FP32);
        FakeQuantized trained = FakeQuantized.of(decoder, new FakeQuantized.Settings(int4, true));
        Decoder expected = HfFolder.load(rounded, ComputeDtype.FP32)) {
      trained.project();
      for (String weight : expected.weights().names()) {
        same(weight, decoder.weights().values(weight), expected.weights().values(weight));
      }
      int width = decoder.config().hiddenSize();
      same(
          "head",
          decoder.weights().head().toFloatArray(),
          flat(tables.values("lm_head.MatMul.weight", width)));
      if (!decoder.config().tieWordEmbeddings()) {
        same(
            "embedding",
            decoder.weights().values(WeightLayout.EMBEDDING),
            flat(tables.values(WeightLayout.EMBEDDING, width)));
      }
    }
  }

  private Path export(Path source, Int4Config int4) throws IOException {
    Path target = folder.resolve("package");
    OnnxExporter.Options options =
        new OnnxExporter.Options(
            OnnxPrecision.INT4, CONTEXT, Map.of(), int4, OnnxExporter.Options.CHUNK_BYTES);
    OnnxExporter.export(source, target, options, files -> files);
    return target;
  }

  private static void same(String weight, float[] found, float[] expected) {
    assertThat(found).as(weight).hasSameSizeAs(expected);
    for (int i = 0; i < found.length; i++) {
      assertThat(Float.floatToIntBits(found[i] + 0f))
          .as("%s [%d]", weight, i)
          .isEqualTo(Float.floatToIntBits(expected[i] + 0f));
    }
  }

  private static float[] flat(float[][] rows) {
    float[] flat = new float[rows.length * rows[0].length];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(rows[i], 0, flat, i * rows[i].length, rows[i].length);
    }
    return flat;
  }

  @Test
  void refusesWeightsThatCannotBeRounded() throws IOException {
    try (Decoder decoder = HfFolder.load(Checkpoints.folder("qwen3"), ComputeDtype.FP32)) {
      String name = "model.layers.0.mlp.up_proj.weight";
      float[] values = decoder.weights().values(name);
      values[3] = Float.NaN;
      decoder.weights().get(name).set(values);

      assertThatThrownBy(
              () -> FakeQuantized.of(decoder, new FakeQuantized.Settings(Int4Config.DEFAULT, true)))
          .isInstanceOf(DataException.class)
          .hasMessage(
              "tensor 'model.layers.0.mlp.up_proj.weight' holds numbers that are not finite; they"
                  + " cannot be rounded");
    }
  }
}
