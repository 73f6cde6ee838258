package org.pocketdistill.pipeline.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;

/** Quantised blocks against gguf-py: the same bits. */
class DequantizationTest {
  private static final int F32 = 0;

  @TempDir private Path folder;

  private static SafetensorsFile golden() throws IOException {
    return SafetensorsFile.open(GgufFiles.path("quants.safetensors"));
  }

  static List<String> blocks() throws IOException {
    return golden().names().stream()
        .filter(name -> name.endsWith(".raw"))
        .map(name -> name.replace(".raw", ""))
        .toList();
  }

  @Test
  void everyQuantisedTypeHasBlocks() throws IOException {
    Stream<String> types = blocks().stream().map(name -> name.substring(name.indexOf('.') + 1));

    assertThat(Stream.concat(types, Stream.of("F32")).distinct())
        .containsExactlyInAnyOrderElementsOf(
            TensorType.supported().stream().map(TensorType::name).toList());
  }

  @ParameterizedTest
  @MethodSource("blocks")
  void valuesAreThoseOfGgufPy(String name) throws IOException {
    TensorType type = TensorType.valueOf(name.substring(name.indexOf('.') + 1));
    SafetensorsFile golden = golden();
    List<Long> shape = golden.info(name + ".values").shape();
    int rows = shape.get(0).intValue();
    int columns = shape.get(1).intValue();
    ByteBuffer bytes = golden.bytes(name + ".raw");
    byte[] raw = new byte[bytes.remaining()];
    bytes.get(raw);
    Path file = folder.resolve("blocks.gguf");
    new GgufBuilder().tensor("x", code(type), raw, rows, columns).write(file);

    try (GgufData data = GgufFile.open(file).openData()) {
      GgufRows tensor = data.rows("x");
      for (int row = 0; row < rows; row++) {
        float[] actual = new float[columns];
        tensor.read(row, actual);
        float[] expected = new float[columns];
        golden.floats(name + ".values", (long) row * columns, expected);
        assertThat(bits(actual)).as("%s, row %d", name, row).isEqualTo(bits(expected));
      }
    }
  }

  private static int code(TensorType type) {
    for (int code = 0; code < 64; code++) {
      if (TensorType.of(code).filter(type::equals).isPresent()) {
        return code;
      }
    }
    throw new AssertionError(type);
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }

  @Test
  void floatsAreTakenAsTheyAre() throws IOException {
    float[] values = {1.5f, -0f, Float.MIN_VALUE, Float.NEGATIVE_INFINITY, 3.25e38f, 7f};
    Path file = new GgufBuilder().floats("x", values, 3, 2).write(folder.resolve("floats.gguf"));

    try (GgufData data = GgufFile.open(file).openData()) {
      GgufRows rows = data.rows("x");
      float[] row = new float[2];
      rows.read(1, row);
      assertThat(row).containsExactly(Float.MIN_VALUE, Float.NEGATIVE_INFINITY);
      assertThat(rows.tensor().type()).isEqualTo(TensorType.of(F32).orElseThrow());
    }
  }

  @Test
  void rowsCanBeReadInAnyOrderAndFromCopies() throws IOException {
    int rows = 70_000;
    float[] values = new float[2 * rows];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    Path file = new GgufBuilder().floats("x", values, rows, 2).write(folder.resolve("floats.gguf"));

    try (GgufData data = GgufFile.open(file).openData()) {
      GgufRows tensor = data.rows("x");
      float[] row = new float[2];
      for (int index : new int[] {0, rows - 1, 1, 8191, 8192, 8191, 40_000, rows - 2, 0}) {
        tensor.read(index, row);
        assertThat(row).containsExactly(2 * index, 2 * index + 1);
        tensor.copy().read(index, row);
        assertThat(row).containsExactly(2 * index, 2 * index + 1);
      }
    }
  }

  @Test
  void aFileThatShrinksWhileItIsReadIsRefused() throws IOException {
    Path file = new GgufBuilder().floats("x", new float[8], 8).write(folder.resolve("x.gguf"));

    try (GgufData data = GgufFile.open(file).openData()) {
      Files.write(file, new byte[40]);

      assertThatThrownBy(() -> data.rows("x").read(0, new float[8]))
          .isInstanceOf(DataException.class)
          .hasMessage(
              file + ": tensor 'x': the file ends before it; was it changed while it was read?");
      assertThatThrownBy(() -> data.rows("y")).hasMessage(file + ": tensor 'y' is missing");
    }
  }
}
