package org.pocketdistill.pipeline.safetensors;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.data.DataException;

/** Shards that do not fit their index. */
class ShardIndexTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\":\"../x.safetensors\"} | shard \"../x.safetensors\", expected a file name",
        "{\"a\":\"/etc/x.safetensors\"} | expected a file name",
        "{\"a\":7} | shard 7, expected a file name",
        "{\"a\":\"..\"} | shard \"..\", expected a file name",
        "{\"a\":\"sub\\\\x.safetensors\"} | expected a file name",
        "{\"a\":\"model.safetensors.index.json\"} | expected a file name ending in .safetensors",
        "{\"a\":\"s.safetensors\",\"a\":\"s.safetensors\"} | Duplicate",
        "[] | expected an object 'weight_map'",
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
  void refusesATensorInTwoShards() throws IOException {
    for (String shard : List.of("s.safetensors", "t.safetensors")) {
      SafetensorsWriter.write(
          folder.resolve(shard),
          List.of(TensorInfo.of("a", Dtype.F32, 1), TensorInfo.of(shard, Dtype.F32, 1)),
          info -> FloatCodec.encode(Dtype.F32, new float[1]));
    }
    Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        """
        {"weight_map": {"a": "s.safetensors", "s.safetensors": "s.safetensors",
         "t.safetensors": "t.safetensors"}}""");

    assertThatThrownBy(() -> SafetensorsFile.open(folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(
            "does not name tensor 'a' of 't.safetensors', but in 's.safetensors': a tensor must be"
                + " in one shard only");
  }

  @Test
  void refusesLinksThatLeadInACircle() throws IOException {
    Path link = folder.resolve("model-00001-of-00001.safetensors");
    Files.createSymbolicLink(link, Path.of("other.safetensors"));
    Files.createSymbolicLink(folder.resolve("other.safetensors"), link.getFileName());
    Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        "{\"weight_map\":{\"a\":\"model-00001-of-00001.safetensors\"}}");

    assertThatThrownBy(() -> SafetensorsFile.open(folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("names shard 'model-00001-of-00001.safetensors' for tensor 'a'");
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
  void refusesAFolderWithoutWeights() throws IOException {
    assertThatThrownBy(() -> SafetensorsFile.open(folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("expected model.safetensors or model.safetensors.index.json in it");

    Files.createFile(folder.resolve("pytorch_model.bin"));

    assertThatThrownBy(() -> SafetensorsFile.open(folder))
        .hasMessageContaining("pytorch_model.bin is a pickle, which can run code and is not read");
  }
}
