package org.pocketdistill.pipeline.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.data.DataException;

/** Files that are written hold what was put into them, where llama.cpp looks for it. */
class GgufWriterTest {
  @TempDir private Path folder;

  private static GgufKeys keys() {
    return new GgufKeys()
        .text("a.text", "Grüße, 世界 🙂")
        .uint32("a.uint32", 0xffff_ffffL)
        .float32("a.float32", 1e-5)
        .flag("a.flag", true)
        .texts("a.texts", List.of("x", "", "yz"))
        .int32s("a.int32s", List.of(1, -1))
        .float32s("a.float32s", List.of(0.5f, -2f));
  }

  @Test
  void keysComeBack() throws IOException {
    Path file = folder.resolve("x.gguf");
    new GgufWriter("model", keys()).write(file);

    GgufMetadata read = GgufFile.open(file).metadata();

    assertThat(read.text("a.text")).hasValue("Grüße, 世界 🙂");
    assertThat(read.whole("a.uint32")).hasValue(0xffff_ffffL);
    assertThat(read.number("a.float32")).hasValue(1e-5f);
    assertThat(read.flag("a.flag")).hasValue(true);
    assertThat(read.texts("a.texts")).containsExactly("x", "", "yz");
    assertThat(read.wholes("a.int32s")).containsExactly(1, -1);
    assertThat(read.numbers("a.float32s")).containsExactly(0.5f, -2f);
    assertThat(read.whole("general.alignment")).hasValue(32);
  }

  @Test
  void isTheFileThatABuilderMakes() throws IOException {
    float[] matrix = new float[64];
    for (int i = 0; i < matrix.length; i++) {
      matrix[i] = i - 30;
    }
    Path file = folder.resolve("x.gguf");
    new GgufWriter("model", new GgufKeys().text("general.architecture", "llama"))
        .add("v", TensorType.F32, List.of(3L), (row, target) -> target[1] = 7)
        .add(
            "m",
            TensorType.F32,
            List.of(4L, 16L),
            (row, target) -> System.arraycopy(matrix, 16 * row, target, 0, 16))
        .write(file);

    byte[] expected =
        new GgufBuilder()
            .text("general.architecture", "llama")
            .uint32("general.alignment", 32)
            .floats("v", new float[] {0, 7, 0}, 3)
            .floats("m", matrix, 4, 16)
            .bytes();
    assertThat(Files.readAllBytes(file)).isEqualTo(expected);
  }

  @Test
  void longTensorsGoThroughInStripes() throws IOException {
    int rows = 40_000;
    Path file = folder.resolve("x.gguf");
    new GgufWriter("model", new GgufKeys())
        .add(
            "m",
            TensorType.Q8_0,
            List.of((long) rows, 32L),
            (row, target) -> target[row % 32] = row % 100 == 0 ? 127 : 0)
        .add("v", TensorType.F32, List.of(1L), (row, target) -> target[0] = 3)
        .write(file);

    try (GgufData data = GgufFile.open(file).openData()) {
      float[] row = new float[32];
      data.rows("m").read(39_900, row);
      assertThat(row[39_900 % 32]).isEqualTo(127f);
      data.rows("v").read(0, row);
      assertThat(row[0]).isEqualTo(3f);
    }
  }

  @Test
  void refusesWhatATypeCannotHold() {
    assertRefused(
        TensorType.F16, Float.NaN, "model: tensor 'm', row 1, column 2: NaN, expected a number");
    assertRefused(
        TensorType.F32,
        Float.NEGATIVE_INFINITY,
        "model: tensor 'm', row 1, column 2: -Infinity, expected a number");
    assertRefused(
        TensorType.F16,
        65505,
        "model: tensor 'm', row 1, column 2: 65505.0, expected at most 65504, the largest that F16"
            + " holds; write it as q8_0");
  }

  private void assertRefused(TensorType type, float value, String message) {
    GgufWriter writer =
        new GgufWriter("model", new GgufKeys())
            .add("m", type, List.of(2L, 32L), (row, target) -> target[2] = row == 1 ? value : 0);
    assertThatThrownBy(() -> writer.write(folder.resolve("x.gguf")))
        .isInstanceOf(DataException.class)
        .hasMessage(message);
  }

  @Test
  void refusesRowsThatAreNoWholeBlocks() {
    GgufWriter writer = new GgufWriter("model", new GgufKeys());
    assertThatThrownBy(
            () -> writer.add("m", TensorType.Q4_0, List.of(2L, 48L), (row, target) -> {}))
        .isInstanceOf(DataException.class)
        .hasMessage(
            "model: tensor 'm': rows of 48 elements, expected a multiple of 32 for Q4_0; write it as f16");
  }

  @Test
  void keysComeOnce() {
    GgufKeys keys = new GgufKeys().flag("a", true);
    assertThatThrownBy(() -> keys.text("a", "b")).hasMessage("key 'a' twice");
    assertThatThrownBy(() -> keys.uint32("b", -1)).hasMessageContaining("does not fit 32 bits");
  }
}
