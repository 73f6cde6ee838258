package org.pocketdistill.pipeline.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;

/** Blocks as gguf-py writes them. */
class BlockEncoderTest {
  private static final int BLOCK = 32;

  private static byte[] encode(TensorType type, float[] values) {
    int blocks = values.length / type.blockSize();
    byte[] bytes = new byte[blocks * type.blockBytes()];
    BlockEncoder.of(type).encode(values, blocks, bytes);
    return bytes;
  }

  private static float[] decode(TensorType type, byte[] bytes) {
    int blocks = bytes.length / type.blockBytes();
    float[] values = new float[blocks * type.blockSize()];
    BlockDecoder.of(type).decode(bytes, blocks, values);
    return values;
  }

  @ParameterizedTest
  @EnumSource(names = {"F16", "Q8_0", "Q4_0", "Q4_1"})
  void bytesAreThoseOfGgufPy(TensorType type) throws IOException {
    try (SafetensorsFile golden = SafetensorsFile.open(GgufFiles.path("quants.safetensors"))) {
      ByteBuffer expected = golden.bytes("quant." + type + ".raw");
      byte[] raw = new byte[expected.remaining()];
      expected.get(raw);

      assertThat(encode(type, golden.floats("quant.input"))).isEqualTo(raw);
    }
  }

  /** What was decoded is encoded as it was, for the extremes of a block are stored exactly. */
  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "Q8_0", "Q4_0", "Q4_1"})
  void aFilesBlocksComeBackAsTheyWere(TensorType type) throws IOException {
    GgufFile file = GgufFile.open(GgufFiles.model(type.name()));
    byte[] all = Files.readAllBytes(file.path());
    for (String name : file.names()) {
      GgufTensor tensor = file.tensor(name);
      int from = (int) tensor.position();
      byte[] stored = Arrays.copyOfRange(all, from, from + (int) tensor.byteSize());

      assertThat(encode(tensor.type(), decode(tensor.type(), stored))).as(name).isEqualTo(stored);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"Q8_0", "Q4_0", "Q4_1"})
  void noElementIsFurtherThanItsStepAllows(TensorType type) {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    for (int round = 0; round < 200; round++) {
      float[] values = new float[BLOCK];
      double scale = Math.exp(random.nextDouble(-8, 4));
      double shift = random.nextDouble(-1, 1);
      for (int i = 0; i < BLOCK; i++) {
        values[i] = (float) (scale * (random.nextDouble(-1, 1) + shift));
      }
      float[] decoded = decode(type, encode(type, values));
      for (int i = 0; i < BLOCK; i++) {
        assertThat((double) decoded[i])
            .as("seed %d, round %d, element %d", seed, round, i)
            .isCloseTo(values[i], within(step(type, values)));
      }
    }
  }

  /**
   * Half a step, or a whole one at the far end of Q4_0; and what rounding d and m to halves adds.
   */
  private static double step(TensorType type, float[] values) {
    double largest = 0;
    double min = values[0];
    double max = values[0];
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    double step =
        switch (type) {
          case Q8_0 -> largest / 127 / 2;
          case Q4_0 -> largest / 8;
          default -> (max - min) / 15 / 2;
        };
    return step + (largest + max - min) * 0x1p-10 + 0x1p-17;
  }

  @Test
  void zerosAndSubnormalScalesAreNoTrouble() {
    for (TensorType type : new TensorType[] {TensorType.Q8_0, TensorType.Q4_0, TensorType.Q4_1}) {
      for (float value : decode(type, encode(type, new float[BLOCK]))) {
        assertThat(value).as(type.name()).isZero();
      }
      float[] tiny = new float[BLOCK];
      tiny[3] = Float.MIN_VALUE;
      tiny[4] = -1e-40f;
      for (float value : decode(type, encode(type, tiny))) {
        assertThat(value).as(type.name()).isCloseTo(0, within(1e-7f));
      }
      float[] same = new float[BLOCK];
      Arrays.fill(same, -0.75f);
      assertThat(decode(type, encode(type, same))[31]).isCloseTo(-0.75f, within(1e-3f));
    }
  }

  @Test
  void typesWithoutAnEncoderAreNamed() {
    assertThatThrownBy(() -> BlockEncoder.of(TensorType.Q4_K)).hasMessage("no encoder for Q4_K");
  }
}
