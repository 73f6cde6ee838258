package org.pocketdistill.pipeline.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.Checkpoints;

class SafetensorsFileTest {
  @TempDir Path folder;

  @Test
  void readsNamesShapesAndValuesOfOneFile() throws IOException {
    SafetensorsFile file = SafetensorsFile.open(Checkpoints.folder("llama_gqa"));

    assertThat(file.names()).hasSize(21).contains("lm_head.weight", "model.norm.weight");
    assertThat(file.info("model.layers.1.self_attn.k_proj.weight"))
        .isEqualTo(TensorInfo.of("model.layers.1.self_attn.k_proj.weight", Dtype.F32, 24, 48));
    assertThat(file.metadata()).containsEntry("format", "pt");
    assertThat(file.floats("model.norm.weight")).hasSize(48).contains(value(file, 7));
  }

  private static float value(SafetensorsFile file, int index) {
    return file.bytes("model.norm.weight").getFloat(4 * index);
  }

  @Test
  void readsAllShardsOfAFolder() throws IOException {
    SafetensorsFile file = SafetensorsFile.open(Checkpoints.folder("qwen2_sharded"));

    assertThat(file.names()).hasSize(27).doesNotHaveDuplicates();
    assertThat(file.floats("lm_head.weight")).hasSize(256 * 48);
  }

  @Test
  void readsWholeNumbersAndSingleRows() throws IOException {
    SafetensorsFile file =
        SafetensorsFile.open(Checkpoints.folder("llama_gqa").resolve("golden.safetensors"));

    assertThat(file.longs("attention_mask")).hasSize(48).contains(1, 0);
    float[] row = new float[256];
    file.floats("logits", 5 * 256, row);
    assertThat(row).containsExactly(Arrays.copyOfRange(file.floats("logits"), 1280, 1536));
    assertThatThrownBy(() -> file.floats("labels"))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("tensor 'labels': dtype I64, expected F32, F16, BF16 or F64");
    assertThatThrownBy(() -> file.longs("loss")).hasMessageContaining("dtype F32, expected I64");
    assertThatThrownBy(() -> file.floats("lost")).hasMessageContaining("tensor 'lost' is missing");
  }

  @Test
  void convertsEveryFloatingPointType() throws IOException {
    ByteBuffer data = ByteBuffer.allocate(28).order(ByteOrder.LITTLE_ENDIAN);
    data.putDouble(0.1).putDouble(-2);
    data.putShort((short) 0x3c01).putShort((short) 0x8001).putShort((short) 0xfc00);
    data.putShort((short) 0x3f80).putShort((short) 0xc0a0).putShort((short) 0x7fc0);
    Path path =
        SafetensorsBytes.write(
            folder,
            """
            {"d":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},
             "h":{"dtype":"F16","shape":[3],"data_offsets":[16,22]},
             "b":{"dtype":"BF16","shape":[3,1],"data_offsets":[22,28]},
             "empty":{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]}}""",
            data.array());

    SafetensorsFile file = SafetensorsFile.open(path);

    assertThat(file.names()).containsExactly("d", "h", "b", "empty");
    assertThat(file.floats("d")).containsExactly(0.1f, -2f);
    assertThat(file.floats("h")).containsExactly(1 + 0x1p-10f, -0x1p-24f, Float.NEGATIVE_INFINITY);
    assertThat(file.floats("b")).containsExactly(1f, -5f, Float.NaN);
    assertThat(file.floats("empty")).isEmpty();
    assertThat(file.bytes("h").isReadOnly()).isTrue();
  }

  @Test
  void readsPartsOfTensorsBeyondTwoGigabytes() throws IOException {
    long elements = 1_200_000_000L;
    Path path = folder.resolve("large.safetensors");
    String header =
        "{\"a\":{\"dtype\":\"BF16\",\"shape\":[%d,2],\"data_offsets\":[0,%d]},"
                .formatted(elements / 2, 2 * elements)
            + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[%d,%d]}}"
                .formatted(2 * elements, 2 * elements + 8);
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      // A file with a hole: it takes no space on the disk.
      ByteBuffer start = SafetensorsBytes.start(header);
      long end = start.remaining() + 2 * elements;
      channel.write(start, 0);
      channel.write(
          ByteBuffer.wrap(new byte[] {0x20, 0x41, 0, 0, 0, 0, 0, 0, (byte) 0xc0, 0x40}), end - 2);
    }

    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      float[] last = new float[2];
      file.floats("a", elements - 2, last);
      assertThat(last).containsExactly(0, 10);
      assertThat(file.floats("b")).containsExactly(0, 6);
      assertThat(file.bytes("b").getFloat(4)).isEqualTo(6);
      assertThatThrownBy(() -> file.bytes("a"))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("tensor 'a': 2400000000 bytes, expected at most 2 GiB");
      assertThatThrownBy(() -> file.floats("a", elements - 1, last))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void readsManyDoubles() throws IOException {
    int count = 10_000;
    ByteBuffer data = ByteBuffer.allocate(8 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      data.putDouble(i + 0.5);
    }
    String header = "{\"d\":{\"dtype\":\"F64\",\"shape\":[%d],\"data_offsets\":[0,%d]}}";
    Path path = SafetensorsBytes.write(folder, header.formatted(count, 8 * count), data.array());

    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      float[] values = new float[count - 1];
      file.floats("d", 1, values);
      for (int i = 0; i < values.length; i++) {
        assertThat(values[i]).isEqualTo(i + 1.5f);
      }
    }
  }
}
