package org.pocketdistill.pipeline.safetensors;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.Checkpoints;

/** Headers that do not hold. */
class HostileSafetensorsTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\":{\"dtype\":\"F4\",\"shape\":[2],\"data_offsets\":[0,8]}} "
            + "| 'a': dtype \"F4\", expected one of [BOOL",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}} "
            + "| 'a': 8 bytes of data, expected 12 for F32 [3]",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}} "
            + "| 'a': shape [-2], expected whole numbers, none negative",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,8]}} | shape [1.5], expected",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":2,\"data_offsets\":[0,8]}} | shape 2, expected an array",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}} "
            + "| expected a size that fits 63 bits",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}} "
            + "| data_offsets [8, 0], expected [begin, end]",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}} "
            + "| 'a': data_offsets [0, 12], expected an end within the 8 bytes of data",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | there is a hole",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} "
            + "| bytes long, expected",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
            + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} "
            + "| 'b': data from byte",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}} | expected an object with dtype, shape and",
        "{\"a\":{\"dtype\":1,\"shape\":[2],\"data_offsets\":[0,8]}} | dtype 1, expected one of",
        "{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[8],\"data_offsets\":[0,8]}} | dtype \"F8_E4M3\"",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[9223372036854775808],\"data_offsets\":[0,8]}} "
            + "| expected whole numbers, none negative",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2305843009213693952],\"data_offsets\":[0,8]}} "
            + "| expected a size that fits 63 bits",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,8]}} "
            + "| data_offsets [0, 8, 8], expected [begin, end]",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[-8,-8]}} "
            + "| data_offsets [-8,-8], expected whole numbers, none negative",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
            + "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}} "
            + "| 'b': data from byte 117 of the file, expected 116",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
            + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}} | they overlap",
        "{\"a\":1,\"a\":2} | Duplicate",
        "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,8]}} "
            + "| Duplicate",
        "{\"a\":null} | 'a': null, expected an object",
        "{\"__metadata__\":{\"format\":1}} | __metadata__: 'format' is 1, expected a string",
        "{\"__metadata__\":[]} | __metadata__: expected an object",
        "[1] | expected a JSON object",
        "{} {} | invalid JSON",
        "{\"a\" | invalid JSON"
      })
  void refusesAHeaderThatDoesNotHold(String header, String message) throws IOException {
    Path path = SafetensorsBytes.write(folder, header, new byte[8]);

    assertThatThrownBy(() -> SafetensorsFile.open(path))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(path.toString())
        .hasMessageContaining(message);
  }

  @Test
  void saysSoWhenTheFileIsCutOffAfterItWasOpened() throws IOException {
    Path path =
        SafetensorsBytes.write(
            folder,
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
            new byte[8]);
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
        channel.truncate(channel.size() - 1);
      }

      assertThatThrownBy(() -> file.floats("a"))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("tensor 'a'")
          .hasMessageContaining("cut off since it was opened");
    }
  }

  @Test
  void refusesFilesThatAreNoSafetensors() throws IOException {
    Path path = folder.resolve("x.safetensors");

    assertThatThrownBy(() -> SafetensorsFile.open(path)).hasMessageContaining("no such file");
    Files.write(path, new byte[7]);
    assertThatThrownBy(() -> SafetensorsFile.open(path)).hasMessageContaining("too short");
    Files.write(path, "PK\3\4 a zip file, not tensors".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> SafetensorsFile.open(path))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("header length")
        .hasMessageContaining("expected 2 to 20");
    for (long length : new long[] {0, 1, 1L << 31, Long.MAX_VALUE, -1}) {
      Files.write(
          path, ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array());
      assertThatThrownBy(() -> SafetensorsFile.open(path))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("header length " + Long.toUnsignedString(length));
    }
    Files.write(path, new byte[] {2, 0, 0, 0, 0, 0, 0, 0, (byte) 0xc3, 0x28});
    assertThatThrownBy(() -> SafetensorsFile.open(path)).hasMessageContaining("not valid UTF-8");
  }

  @Test
  void refusesATruncatedFile() throws IOException {
    byte[] whole = Files.readAllBytes(Checkpoints.folder("llama_gqa").resolve("model.safetensors"));
    Path path = folder.resolve("cut.safetensors");
    Files.write(path, Arrays.copyOf(whole, whole.length - 1));

    assertThatThrownBy(() -> SafetensorsFile.open(path))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("is the file cut off?");
  }

  @Test
  void refusesAHeaderNestedWithoutEnd() throws IOException {
    Path path = SafetensorsBytes.write(folder, "{\"a\":" + "[".repeat(100_000), new byte[8]);

    assertThatThrownBy(() -> SafetensorsFile.open(path))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("invalid JSON");
  }
}
