package org.pocketdistill.pipeline.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
        file(
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
        "{\"a\":1,\"a\":2} | Duplicate",
        "{\"__metadata__\":{\"format\":1}} | __metadata__: 'format' is 1, expected a string",
        "{\"__metadata__\":[]} | __metadata__: expected an object",
        "[1] | expected a JSON object",
        "{} {} | invalid JSON",
        "{\"a\" | invalid JSON"
      })
  void refusesAHeaderThatDoesNotHold(String header, String message) throws IOException {
    Path path = file(header, new byte[8]);

    assertThatThrownBy(() -> SafetensorsFile.open(path))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(path.toString())
        .hasMessageContaining(message);
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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\":\"../x.safetensors\"} | shard \"../x.safetensors\", expected a file name",
        "{\"a\":\"/etc/x.safetensors\"} | expected a file name",
        "{\"a\":7} | shard 7, expected a file name",
        "{\"a\":\"no.safetensors\"} | names shard 'no.safetensors' for tensor 'a', which is not in",
        "{\"a\":\"s.safetensors\",\"b\":\"s.safetensors\"} | names tensor 'b' in 's.safetensors'",
        "{\"c\":\"s.safetensors\"} | names tensor 'c' in 's.safetensors', which does not hold it",
        "{} | expected an object 'weight_map'"
      })
  void refusesAnIndexThatDoesNotFitItsShards(String weightMap, String message) throws IOException {
    SafetensorsWriter.write(
        folder.resolve("s.safetensors"),
        List.of(TensorInfo.of("a", Dtype.F32, 1)),
        info -> FloatCodec.encode(Dtype.F32, new float[1]));
    Files.writeString(
        folder.resolve("model.safetensors.index.json"), "{\"weight_map\":" + weightMap + "}");

    assertThatThrownBy(() -> SafetensorsFile.open(folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(message);
  }

  @Test
  void refusesATensorThatTheIndexDoesNotName() throws IOException {
    SafetensorsWriter.write(
        folder.resolve("s.safetensors"),
        List.of(TensorInfo.of("a", Dtype.F32, 1), TensorInfo.of("b", Dtype.F32, 1)),
        info -> FloatCodec.encode(Dtype.F32, new float[1]));
    Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        "{\"weight_map\":{\"a\":\"s.safetensors\"}}");

    assertThatThrownBy(() -> SafetensorsFile.open(folder))
        .hasMessageContaining("does not name tensor 'b' of 's.safetensors'");
  }

  @Test
  void refusesAFolderWithoutWeights() {
    assertThatThrownBy(() -> SafetensorsFile.open(folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("expected model.safetensors or model.safetensors.index.json in it");
  }

  private Path file(String header, byte[] data) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    Path path = folder.resolve("test.safetensors");
    Files.write(
        path,
        ByteBuffer.allocate(8 + json.length + data.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(json.length)
            .put(json)
            .put(data)
            .array());
    return path;
  }
}
