package org.pocketdistill.pipeline.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pocketdistill.pipeline.gguf.GgufBuilder.int32;
import static org.pocketdistill.pipeline.gguf.GgufBuilder.int64;
import static org.pocketdistill.pipeline.gguf.GgufBuilder.join;
import static org.pocketdistill.pipeline.gguf.GgufBuilder.string;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.data.DataException;

/** What is read of a file, and which files are refused. */
class GgufFileTest {
  @TempDir private Path folder;

  private Path path() {
    return folder.resolve("x.gguf");
  }

  private void refuses(byte[] content, String message) throws IOException {
    Files.write(path(), content);
    assertThatThrownBy(() -> GgufFile.open(path()))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(path().toString() + ": ")
        .hasMessageContaining(message);
  }

  private void refuses(GgufBuilder builder, String message) throws IOException {
    refuses(builder.bytes(), message);
  }

  @Test
  void readsMetadataAndTensorsOfAModel() throws IOException {
    GgufFile file = GgufFile.open(GgufFiles.model("Q4_0"));

    GgufMetadata metadata = file.metadata();
    assertThat(metadata.keys()).hasSize(26).contains("general.architecture");
    assertThat(metadata.text("general.architecture")).contains("llama");
    assertThat(metadata.whole("llama.block_count")).hasValue(2);
    assertThat(metadata.number("llama.attention.layer_norm_rms_epsilon"))
        .hasValue(9.999999747378752e-06);
    assertThat(metadata.flag("tokenizer.ggml.add_bos_token")).contains(false);
    assertThat(metadata.texts("tokenizer.ggml.tokens")).hasSize(264).endsWith("<unk>", "<pad>");
    assertThat(metadata.wholes("tokenizer.ggml.token_type")).hasSize(264).endsWith(3, 3);
    assertThat(metadata.texts("tokenizer.ggml.merges")).startsWith("Ġ t", "h e");
    assertThat(metadata.numbers("tokenizer.ggml.scores")).isEmpty();
    assertThat(file.names()).hasSize(20).startsWith("token_embd.weight");
    GgufTensor query = file.tensor("blk.0.attn_q.weight");
    assertThat(query.type()).isEqualTo(TensorType.Q4_0);
    assertThat(query.shape()).containsExactly(64L, 256L);
    assertThat(query.byteSize()).isEqualTo(64 * 256 / 32 * 18);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void readsBothVersions(int version) throws IOException {
    new GgufBuilder().version(version).floats("a", new float[] {1, 2}, 2).write(path());

    assertThat(GgufFile.open(path()).tensor("a").shape()).containsExactly(2L);
  }

  @Test
  void readsEveryTypeOfMetadata() throws IOException {
    new GgufBuilder()
        .value("u8", GgufValueType.UINT8, new byte[] {-1})
        .value("i8", GgufValueType.INT8, new byte[] {-1})
        .value("u16", GgufValueType.UINT16, new byte[] {-1, -1})
        .value("i16", GgufValueType.INT16, new byte[] {-2, -1})
        .uint32("u32", 0xffff_ffffL)
        .value("i32", GgufValueType.INT32, int32(-5))
        .value("u64", GgufValueType.UINT64, int64(1L << 40))
        .value("i64", GgufValueType.INT64, int64(-7))
        .float32("f32", 0.5)
        .value("f64", GgufValueType.FLOAT64, int64(Double.doubleToLongBits(0.1)))
        .flag("bool", true)
        .text("text", "π ≈ 3")
        .value("floats", GgufValueType.ARRAY, join(int32(6), int64(1), int32(0x3f80_0000)))
        .value(
            "nested",
            GgufValueType.ARRAY,
            join(int32(9), int64(2), int32(0), int64(1), new byte[1], int32(8), int64(0)))
        .write(path());

    GgufMetadata metadata = GgufFile.open(path()).metadata();

    assertThat(metadata.whole("u8")).hasValue(255);
    assertThat(metadata.whole("i8")).hasValue(-1);
    assertThat(metadata.whole("u16")).hasValue(65535);
    assertThat(metadata.whole("i16")).hasValue(-2);
    assertThat(metadata.whole("u32")).hasValue(0xffff_ffffL);
    assertThat(metadata.whole("i32")).hasValue(-5);
    assertThat(metadata.whole("u64")).hasValue(1L << 40);
    assertThat(metadata.whole("i64")).hasValue(-7);
    assertThat(metadata.number("f32")).hasValue(0.5);
    assertThat(metadata.number("f64")).hasValue(0.1);
    assertThat(metadata.number("u8")).hasValue(255);
    assertThat(metadata.flag("bool")).contains(true);
    assertThat(metadata.text("text")).contains("π ≈ 3");
    assertThat(metadata.numbers("floats")).containsExactly(1f);
    assertThat(metadata.has("nested")).isTrue();
    assertThat(metadata.text("absent")).isEmpty();
    assertThat(metadata.texts("absent")).isEmpty();
  }

  @Test
  void aValueOfAnotherTypeIsNamed() throws IOException {
    new GgufBuilder()
        .uint32("n", 7)
        .text("t", "a\nb" + "x".repeat(100))
        .texts("ts", List.of("a"))
        .value("big", GgufValueType.ARRAY, join(int32(10), int64(1), int64(1L << 33)))
        .value("bad", GgufValueType.ARRAY, join(int32(8), int64(1), int64(1), new byte[] {-1}))
        .write(path());
    GgufMetadata metadata = GgufFile.open(path()).metadata();
    String start = path() + ": metadata ";

    assertThatThrownBy(() -> metadata.text("n"))
        .isInstanceOf(DataException.class)
        .hasMessage(start + "'n': 7, expected a string");
    assertThatThrownBy(() -> metadata.whole("t"))
        .hasMessage(start + "'t': 'a b" + "x".repeat(57) + "…', expected a whole number");
    assertThatThrownBy(() -> metadata.wholes("ts"))
        .hasMessage(start + "'ts': an array of 1 STRING, expected an array of whole numbers");
    assertThatThrownBy(() -> metadata.wholes("big"))
        .hasMessageContaining("expected elements from -2147483648 to 2147483647, found 8589934592");
    assertThatThrownBy(() -> metadata.texts("bad"))
        .hasMessage(start + "'bad': '\ufffd', expected valid UTF-8");
    assertThat(metadata.bad("no", "a yes")).hasMessage(start + "'no': missing, expected a yes");
  }

  @Test
  void isKnownByItsNameOrItsFirstBytes() throws IOException {
    Path named = folder.resolve("MODEL.GGUF");
    Path plain = folder.resolve("model");
    Files.write(plain, new GgufBuilder().bytes());

    assertThat(GgufFile.isGguf(named)).isTrue();
    assertThat(GgufFile.isGguf(plain)).isTrue();
    assertThat(GgufFile.isGguf(folder)).isFalse();
    assertThat(GgufFile.isGguf(folder.resolve("nothing"))).isFalse();
    assertThat(GgufFile.isGguf(Files.write(folder.resolve("short"), new byte[] {'G'}))).isFalse();
    assertThatThrownBy(() -> GgufFile.open(named)).hasMessage(named + ": no such file");
  }

  @Test
  void refusesWhatIsNoGguf() throws IOException {
    byte[] whole = new GgufBuilder().bytes();
    refuses(new byte[23], "23 bytes long, too short");
    byte[] zip = whole.clone();
    zip[0] = 'P';
    refuses(zip, "begins with 'PGUF', expected GGUF");
    byte[] old = whole.clone();
    System.arraycopy("tjgg".getBytes(StandardCharsets.US_ASCII), 0, old, 0, 4);
    refuses(old, "a GGML file from before GGUF");
    refuses(new GgufBuilder().version(1), "the version: 1, expected 2 or 3");
    refuses(new GgufBuilder().version(4), "the version: 4, expected 2 or 3");
    refuses(
        new GgufBuilder().version(Integer.reverseBytes(3)),
        "the version: 3 in big-endian order, expected a little-endian file");
  }

  @Test
  void refusesCountsThatTheFileHasNoRoomFor() throws IOException {
    byte[] tensors = new GgufBuilder().text("a", "b").bytes();
    Arrays.fill(tensors, 8, 16, (byte) 0x7f);
    refuses(tensors, "the header: 9187201950435737471 tensors, expected at most 1");
    byte[] keys = new GgufBuilder().text("a", "b").bytes();
    Arrays.fill(keys, 16, 24, (byte) 0xff);
    refuses(keys, "18446744073709551615 metadata keys, expected at most");
    refuses(
        new GgufBuilder().raw(join(string("k"), int32(8), int64(1L << 62))),
        "metadata 'k': 4611686018427387904 bytes of text, expected at most");
    refuses(
        new GgufBuilder().raw(join(string("k"), int32(9), int32(10), int64(1L << 61))),
        "metadata 'k': 2305843009213693952 array elements, expected at most");
    refuses(
        new GgufBuilder().raw(join(string("k"), int32(9), int32(8), int64(1), int64(-1))),
        "metadata 'k': 18446744073709551615 bytes of text");
    refuses(
        new GgufBuilder().raw(join(int64(1000), new byte[10])),
        "metadata key 0: 1000 bytes of text, expected at most");
  }

  @Test
  void refusesMetadataThatDoNotHold() throws IOException {
    refuses(new GgufBuilder().raw(join(string("k"), int32(13), int64(0))), "'k': value type 13");
    refuses(new GgufBuilder().raw(join(string("k"), int32(7), new byte[] {2})), "'k': a bool of 2");
    refuses(new GgufBuilder().text("k", "a").text("k", "b"), "'k': the key twice, expected once");
    refuses(
        new GgufBuilder().raw(join(string("k"), int32(9), int32(99), int64(0))),
        "'k': value type 99, expected 0 to 12");
    byte[] list = join(int32(9), int64(1));
    refuses(
        new GgufBuilder().raw(join(string("k"), int32(9), list, list, list, list, list)),
        "'k': arrays in arrays, expected at most 4 levels");
    refuses(
        new GgufBuilder().raw(join(int64(2), new byte[] {-1, 'x'}, int32(0), new byte[1])),
        "metadata key 0: '\ufffdx', expected valid UTF-8");
    refuses(
        new GgufBuilder().text("k".repeat(70_000), ""),
        "metadata key 0: a name of 70000 characters, expected at most 65535");
    refuses(
        new GgufBuilder().uint32("general.alignment", 24),
        "alignment': 24, expected a power of two");
    refuses(new GgufBuilder().text("general.alignment", "32"), "'32', expected a whole number");
    refuses(
        new GgufBuilder().uint32("split.count", 4),
        "metadata 'split.count': 4, expected 1: a model in several files; join them with");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "17 | 0 | 8 | 'a': type IQ2_XS (17), expected one of [F32, F16, BF16, Q4_0",
        "99 | 0 | 8 | 'a': unknown type 99, expected one of",
        "0 | 8 | 8 | 'a': offset 8, expected a multiple of 32",
        "0 | -32 | 8 | 'a': offset 18446744073709551584, expected",
        "0 | 0 | 0 | 'a': a length of 0, expected 1 to",
        "0 | 0 | -1 | 'a': a length of 18446744073709551615, expected 1 to",
        "2 | 0 | 40 | 'a': rows of 40 elements, expected a multiple of 32 for Q4_0",
        "12 | 0 | 32 | expected a multiple of 256 for Q4_K",
        "0 | 32 | 8 | 'a': data from byte 96 of the file, expected 64",
        "0 | 0 | 4611686018427387904 | 'a': shape [4611686018427387904], expected a size that fits",
        "0 | 0 | 100000 | 'a': F32 [100000] from byte 0 of the data, expected an end within",
      })
  void refusesATensorThatDoesNotHold(long type, long offset, long length, String message)
      throws IOException {
    refuses(new GgufBuilder().data(new byte[32]).entry("a", type, offset, length), message);
  }

  @Test
  void refusesTensorsThatDoNotFitEachOther() throws IOException {
    refuses(
        new GgufBuilder().data(new byte[64]).entry("a", 0, 0, 8).entry("b", 0, 0, 8),
        "'b': data from byte 96 of the file, expected 128, the first place after the tensor before:"
            + " they overlap");
    refuses(
        new GgufBuilder().data(new byte[128]).entry("a", 0, 0, 8).entry("b", 0, 64, 8),
        "there is a hole");
    refuses(
        new GgufBuilder().floats("a", new float[8], 8).floats("a", new float[8], 8),
        "tensor 'a': the name twice, expected once");
    refuses(
        new GgufBuilder().data(new byte[32]).entry("a", 0, 0, 1, 1, 1, 1, 8),
        "'a': 5 dimensions, expected 1 to 4");
    refuses(new GgufBuilder().data(new byte[32]).entry("a", 0, 0), "0 dimensions");
    refuses(
        new GgufBuilder().data(new byte[32]).entry("a", 0, 0, 1L << 32, 1L << 32, 8),
        "expected a size that fits 63 bits");
    refuses(
        new GgufBuilder().data(new byte[32]).entry("a", 0, 0, 9),
        "96 bytes long, expected 100 by its header; is it cut off?");
    refuses(
        new GgufBuilder().floats("a", new float[8], 8).data(new byte[33]),
        "129 bytes long, expected 96 by its header");
    refuses(
        new GgufBuilder().floats("n".repeat(65), new float[8], 8),
        "tensor 0: a name of 65 characters, expected at most 64");
  }

  @Test
  void refusesAModelCutOffAnywhere() throws IOException {
    byte[] whole = Files.readAllBytes(GgufFiles.model("Q4_0"));
    for (int length = 0; length < 6000; length += 7) {
      Files.write(path(), Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> GgufFile.open(path()))
          .as("cut after %d bytes", length)
          .isInstanceOf(DataException.class)
          .hasMessageStartingWith(path().toString());
    }
    refuses(Arrays.copyOf(whole, whole.length - 33), "is it cut off?");
  }

  @Test
  void refusesDamagedHeadersOrReadsThem() throws IOException {
    byte[] whole = Files.readAllBytes(GgufFiles.model("Q4_0"));
    for (int at = 0; at < 6000; at += 3) {
      byte[] damaged = whole.clone();
      damaged[at] ^= (byte) 0x80;
      Files.write(path(), damaged);
      try {
        readEverything();
      } catch (DataException e) {
        assertThat(e).hasMessageStartingWith(path().toString());
      }
    }
  }

  private void readEverything() throws IOException {
    GgufFile file = GgufFile.open(path());
    try (GgufData data = file.openData()) {
      for (String name : file.names()) {
        GgufRows rows = data.rows(name);
        float[] row = new float[(int) rows.tensor().columns()];
        rows.read((int) rows.tensor().rows() - 1, row);
      }
    }
  }
}
