package org.pocketdistill.pipeline.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.calibrate.TinyCalibration;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.lm.ExportCheck.Result;
import org.pocketdistill.pipeline.lm.ExportCheck.Tolerance;
import org.pocketdistill.pipeline.model.HfFolder;
import org.pocketdistill.pipeline.onnx.Calibration;
import org.pocketdistill.pipeline.onnx.OnnxExporter;
import org.pocketdistill.pipeline.torch.ComputeDtype;

class ExportCheckTest {
  @TempDir Path folder;

  static List<String> checkpoints() {
    return Checkpoints.names();
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void passesAnFp32Export(String name) throws IOException {
    Result result = export(name, OnnxPrecision.FP32, files -> {});

    assertThat(result.positions()).isEqualTo(43);
    assertThat(result.maxLogitDifference()).isLessThan(1e-4);
    assertThat(result.maxLogProbDifference()).isLessThan(1e-4);
    assertThat(result.top1Agreement()).isEqualTo(1);
    assertThat(result.greedyTokens()).isEqualTo(32);
    assertThat(result.greedyCompared()).isEqualTo(32);
    assertThat(result.cacheKl()).isLessThan(1e-6);
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void passesAnInt8ExportWithItsLoss(String name) throws IOException {
    Result result = export(name, OnnxPrecision.INT8, files -> {});

    // 0.001 to 0.003 nats were seen on these random models, whose logits have a deviation of 1.4
    assertThat(result.meanKl()).isBetween(1e-5, 0.01);
    assertThat(result.top1Agreement()).isGreaterThan(0.8);
    assertThat(result.greedyTokens()).isEqualTo(32);
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void passesAnFp16ExportWithItsLoss(String name) throws IOException {
    Result result = export(name, OnnxPrecision.FP16, files -> {});

    assertThat(result.maxLogitDifference()).isLessThan(0.02);
    assertThat(result.meanKl()).isLessThan(1e-5);
    assertThat(result.top1Agreement()).isGreaterThan(0.95);
    assertThat(result.greedyTokens()).isEqualTo(32);
    assertThat(result.cacheKl()).as("sums are those of fp32").isLessThan(1e-6);
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void passesAnInt8StaticExportWithItsLoss(String name) throws IOException {
    Result result = export(name, OnnxPrecision.INT8_STATIC, files -> {});

    // 0.003 to 0.017 nats were seen on these random models, 0.001 to 0.003 with int8
    assertThat(result.meanKl()).isBetween(1e-5, 0.05);
    assertThat(result.top1Agreement()).as("random models know little").isGreaterThan(0.6);
    assertThat(result.greedyTokens()).isGreaterThan(30);
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void passesAnInt4ExportWithItsLoss(String name) throws IOException {
    Result result = export(name, OnnxPrecision.INT4, files -> {});

    assertThat(result.meanKl()).isBetween(1e-3, 0.2);
    assertThat(result.top1Agreement()).as("random models know little").isGreaterThan(0.3);
    assertThat(result.greedyTokens()).isGreaterThan(28);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mistral", "qwen3", "llama3_rope"})
  void comparesWithTheModelOnLibtorch(String name) throws IOException {
    GoldenDecoder golden = new GoldenDecoder(name);
    List<int[]> rows = List.of(new int[] {9}, new int[] {5, 250}, golden.rows().get(0));
    Path model = Checkpoints.folder(name);
    try (TorchDecoder reference = new TorchDecoder(HfFolder.load(model, ComputeDtype.FP32))) {
      Result result =
          OnnxExporter.export(
              model,
              folder.resolve("package"),
              new OnnxExporter.Options(OnnxPrecision.FP32, 64, Map.of()),
              files -> {
                try (OrtDecoder exported = OrtDecoder.open(files)) {
                  return ExportCheck.run(reference, exported, rows, Tolerance.fp32());
                }
              });

      assertThat(result.positions()).isEqualTo(27);
      assertThat(result.maxLogitDifference()).isLessThan(1e-4);
    }
  }

  @ParameterizedTest
  @EnumSource(OnnxPrecision.class)
  void doesNotShipCorruptedWeights(OnnxPrecision precision) {
    assertThatThrownBy(() -> export("llama_gqa", precision, ExportCheckTest::corrupt))
        .isInstanceOf(ExportCheckException.class)
        .hasMessageStartingWith("the exported model fails its check: ");
    assertThat(folder).isEmptyDirectory();
  }

  @ParameterizedTest
  @EnumSource(OnnxPrecision.class)
  void doesNotShipABrokenCache(OnnxPrecision precision) throws IOException {
    GoldenDecoder golden = new GoldenDecoder("llama_gqa");
    Path target =
        OnnxExporter.export(
            Checkpoints.folder("llama_gqa"),
            folder.resolve("package"),
            options("llama_gqa", precision),
            files -> folder.resolve("package"));
    Tolerance tolerance = Tolerance.of(precision);

    try (ForgetfulDecoder exported = new ForgetfulDecoder(OrtDecoder.open(target))) {
      assertThatThrownBy(() -> ExportCheck.run(golden, exported, golden.rows(), tolerance))
          .isInstanceOf(ExportCheckException.class)
          .hasMessageContaining("cache");
    }
  }

  @Test
  void doesNotShipAModelOfAnotherVocabulary() throws IOException {
    GoldenDecoder golden = new GoldenDecoder("llama_gqa");
    CausalDecoder smaller = new SmallerVocabulary();

    assertThatThrownBy(() -> ExportCheck.run(golden, smaller, golden.rows(), Tolerance.fp32()))
        .hasMessageContaining("vocabulary of 3 tokens, expected 256");
    assertThatThrownBy(() -> ExportCheck.run(golden, smaller, List.of(), Tolerance.fp32()))
        .hasMessage("no rows to check the export on");
  }

  private Result export(String name, OnnxPrecision precision, Tamper tamper) throws IOException {
    GoldenDecoder golden = new GoldenDecoder(name);
    Tolerance tolerance = Tolerance.of(precision);
    return OnnxExporter.export(
        Checkpoints.folder(name),
        folder.resolve("package"),
        options(name, precision),
        files -> {
          tamper.with(files);
          try (OrtDecoder exported = OrtDecoder.open(files)) {
            return ExportCheck.run(golden, exported, golden.rows(), tolerance);
          }
        });
  }

  private static OnnxExporter.Options options(String checkpoint, OnnxPrecision precision)
      throws IOException {
    return new OnnxExporter.Options(precision, 64, Map.of())
        .with(
            new Calibration(TinyCalibration.batches(Checkpoints.folder(checkpoint)), widened -> 0));
  }

  /** Overwrites the second quarter of the weights. */
  private static void corrupt(Path files) throws IOException {
    try (RandomAccessFile data =
        new RandomAccessFile(files.resolve("model.onnx.data").toFile(), "rw")) {
      byte[] wrong = new byte[(int) data.length() / 4];
      Arrays.fill(wrong, (byte) 0x3d);
      data.seek(data.length() / 4);
      data.write(wrong);
    }
  }

  private interface Tamper {
    void with(Path files) throws IOException;
  }

  /** Loses the first token of what it has read when it goes on. */
  private record ForgetfulDecoder(OrtDecoder decoder) implements CausalDecoder {
    @Override
    public int vocabSize() {
      return decoder.vocabSize();
    }

    @Override
    public int contextLength() {
      return decoder.contextLength();
    }

    @Override
    public List<TokenScores> score(List<int[]> rows, int topK) {
      return decoder.score(rows, topK);
    }

    @Override
    public float[][] logits(int[] row) {
      return decoder.logits(row);
    }

    @Override
    public DecodeSession start(List<int[]> prompts, int maxNewTokens) {
      return decoder.start(
          prompts.stream().map(prompt -> Arrays.copyOfRange(prompt, 1, prompt.length)).toList(),
          maxNewTokens);
    }

    @Override
    public void close() {
      decoder.close();
    }
  }

  private static final class SmallerVocabulary implements CausalDecoder {
    @Override
    public int vocabSize() {
      return 3;
    }

    @Override
    public int contextLength() {
      return 64;
    }

    @Override
    public List<TokenScores> score(List<int[]> rows, int topK) {
      throw new UnsupportedOperationException();
    }

    @Override
    public DecodeSession start(List<int[]> prompts, int maxNewTokens) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }
}
