package org.pocketdistill.pipeline.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.pipeline.Checkpoints;

class SafetensorsWriterTest {
  private static final TensorInfo PAIR = TensorInfo.of("pair", Dtype.F32, 2);

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama_gqa/model.safetensors",
        "llama_bf16/model.safetensors",
        "qwen2_sharded/model-00002-of-00003.safetensors"
      })
  void writesTheBytesOfTheReferenceImplementation(String name) throws IOException {
    Path original = Checkpoints.folder(name.substring(0, name.indexOf('/'))).resolveSibling(name);
    SafetensorsFile file = SafetensorsFile.open(original);
    Path copy = folder.resolve("copy.safetensors");

    SafetensorsWriter.write(
        copy,
        file.names().stream().map(file::info).toList(),
        info -> FloatCodec.encode(info.dtype(), file.floats(info.name())));

    assertThat(copy).hasSameBinaryContentAs(original);
  }

  @Test
  void roundsToNearestEvenBfloat16() throws IOException {
    float[] values = {
      1 + 0x1p-8f, // halfway, even below
      1 + 3 * 0x1p-8f, // halfway, even above
      1 + 0x1p-8f + 0x1p-20f,
      Float.MAX_VALUE,
      Float.intBitsToFloat(0x7f800001), // a NaN whose kept bits are all zero
      -0f
    };
    Path path = folder.resolve("b.safetensors");

    SafetensorsWriter.write(
        path,
        List.of(TensorInfo.of("b", Dtype.BF16, values.length)),
        info -> FloatCodec.encode(Dtype.BF16, values));

    assertThat(SafetensorsFile.open(path).floats("b"))
        .containsExactly(1f, 1 + 0x1p-6f, 1 + 0x1p-7f, Float.POSITIVE_INFINITY, Float.NaN, -0f);
  }

  @Test
  void leavesTheOldFileWhenWritingFails() throws IOException {
    Path path = folder.resolve("m.safetensors");
    Files.writeString(path, "old");

    assertThatThrownBy(
            () ->
                SafetensorsWriter.write(
                    path,
                    List.of(PAIR),
                    info -> {
                      throw new UncheckedIOException(new IOException("No space left on device"));
                    }))
        .hasMessageContaining("No space left");

    assertThat(path).hasContent("old");
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(path);
    }
  }

  @Test
  void refusesBytesOfTheWrongLengthAndNamesTwice() {
    Path path = folder.resolve("m.safetensors");

    assertThatThrownBy(
            () ->
                SafetensorsWriter.write(
                    path, List.of(PAIR), info -> FloatCodec.encode(Dtype.F32, new float[3])))
        .hasMessage("tensor 'pair': 12 bytes, expected 8 for F32 [2]");
    assertThatThrownBy(
            () ->
                SafetensorsWriter.write(
                    path, List.of(PAIR, PAIR), info -> FloatCodec.encode(Dtype.F32, new float[2])))
        .hasMessage("tensor name 'pair' twice");
  }
}
