package org.pocketdistill.pipeline.nf4;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;

/** NF4 against bitsandbytes. */
class Nf4MatrixTest {
  private static final SafetensorsFile GOLDEN = golden();

  private static SafetensorsFile golden() {
    try {
      return SafetensorsFile.open(
          Path.of(Nf4MatrixTest.class.getResource("/nf4/nf4.safetensors").toURI()));
    } catch (IOException | URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] bytes(String name) {
    ByteBuffer stored = GOLDEN.bytes(name);
    byte[] bytes = new byte[stored.remaining()];
    stored.get(bytes);
    return bytes;
  }

  @Test
  void theValuesAreThose() {
    float[] table = GOLDEN.floats("table");
    for (int code = 0; code < table.length; code++) {
      assertThat(Nf4.value(code)).isEqualTo(table[code]);
    }
    assertThat(DynamicMap.values()).isEqualTo(GOLDEN.floats("dynamic_map"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"normal", "blocks", "odd", "ties", "zeros"})
  void bytesScalesAndValuesAreEqual(String name) {
    float[] x = GOLDEN.floats(name + ".x");
    Nf4Matrix matrix = Nf4Matrix.quantize(x, false);

    assertThat(matrix.packed()).isEqualTo(bytes(name + ".packed"));
    assertThat(matrix.scales().values()).isEqualTo(GOLDEN.floats(name + ".absmax"));
    assertThat(matrix.dequantize()).isEqualTo(GOLDEN.floats(name + ".dequantized"));
    assertThat(matrix.bytes()).isEqualTo((x.length + 1) / 2 + 4L * ((x.length + 63) / 64));
  }

  /** The mean of the scales is summed in another order there. */
  @ParameterizedTest
  @ValueSource(strings = {"normal", "blocks", "odd", "ties", "zeros"})
  void scalesAreQuantisedAlike(String name) {
    Nf4Matrix matrix = Nf4Matrix.quantize(GOLDEN.floats(name + ".x"), true);
    Scales.Quantized scales = (Scales.Quantized) matrix.scales();

    assertThat(matrix.packed()).isEqualTo(bytes(name + ".packed"));
    assertThat(scales.codes()).isEqualTo(bytes(name + ".double.absmax"));
    float offset = GOLDEN.floats(name + ".double.offset")[0];
    assertThat(scales.offset()).isCloseTo(offset, within(1e-6f * offset));
    close(scales.absmax(), GOLDEN.floats(name + ".double.absmax2"), 1e-6f * offset);
    close(matrix.dequantize(), GOLDEN.floats(name + ".double.dequantized"), 3e-6f * offset);
  }

  private static void close(float[] actual, float[] expected, float tolerance) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).as("[%d]", i).isCloseTo(expected[i], within(tolerance));
    }
  }

  @Test
  void aLargeMatrixTakesAsManyBitsAnElementAsTheTextSays() {
    float[] values = new float[1 << 20];
    IntStream.range(0, values.length).forEach(i -> values[i] = (float) Math.sin(i));

    assertThat(8.0 * Nf4Matrix.quantize(values, false).bytes() / values.length).isEqualTo(4.5);
    assertThat(8.0 * Nf4Matrix.quantize(values, true).bytes() / values.length)
        .isCloseTo(4.127, within(1e-3));
  }
}
