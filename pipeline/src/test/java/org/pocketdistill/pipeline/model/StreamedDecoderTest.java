package org.pocketdistill.pipeline.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** Layer by layer from disk is the same, bit for bit. */
class StreamedDecoderTest {
  private static final List<int[]> ROWS =
      List.of(new int[] {5, 17, 100, 3}, new int[] {9, 2}, new int[] {7, 7, 7, 8, 9, 10, 11});

  static Stream<GoldenCheckpoint> checkpoints() {
    return GoldenCheckpoint.NAMES.stream().map(GoldenCheckpoint::open);
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void scoresAreThoseOfTheResidentModel(GoldenCheckpoint checkpoint) throws IOException {
    StoredModel model = StoredModel.open(checkpoint.folder());
    for (ComputeDtype dtype : ComputeDtype.values()) {
      try (Decoder resident = model.decoder(dtype);
          StreamedDecoder streamed = StreamedDecoder.open(model, dtype, new int[0])) {
        same(new RowScorer(streamed, 3).score(ROWS), new RowScorer(resident, 3).score(ROWS));
      }
    }
  }

  @Test
  void someTokensOnly() throws IOException {
    StoredModel model = StoredModel.open(GoldenCheckpoint.open("qwen2").folder());
    int[] tokens = new int[120];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = 2 * i;
    }
    try (Decoder resident = model.frozen(ComputeDtype.FP32, tokens);
        StreamedDecoder streamed = StreamedDecoder.open(model, ComputeDtype.FP32, tokens)) {
      same(new RowScorer(streamed, 3).score(ROWS), new RowScorer(resident, 3).score(ROWS));
    }
  }

  @Test
  void noLayerStaysInMemory() throws IOException {
    StoredModel model = StoredModel.open(GoldenCheckpoint.open("llama_gqa").folder());
    try (StreamedDecoder streamed = StreamedDecoder.open(model, ComputeDtype.FP32, new int[0])) {
      new RowScorer(streamed, 0).score(ROWS);
      int live = streamed.ends().weights().manager().getManagedArrays().size();
      new RowScorer(streamed, 0).score(ROWS);
      assertThat(streamed.ends().weights().manager().getManagedArrays()).hasSize(live);
      assertThat(streamed.ends().weights().names())
          .containsExactly("model.embed_tokens.weight", "model.norm.weight", "lm_head.weight");
    }
  }

  @Test
  void aTensorOfAnotherShapeIsNamedAtOnce(@TempDir Path folder) throws IOException {
    Path source = GoldenCheckpoint.open("llama_gqa").folder();
    Files.copy(source.resolve("model.safetensors"), folder.resolve("model.safetensors"));
    ObjectMapper json = new ObjectMapper();
    ObjectNode config = (ObjectNode) json.readTree(source.resolve("config.json").toFile());
    config.put("intermediate_size", 65);
    json.writeValue(folder.resolve("config.json").toFile(), config);
    StoredModel model = StoredModel.open(folder);
    assertThatThrownBy(() -> StreamedDecoder.open(model, ComputeDtype.FP32, new int[0]))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("model.layers.0.mlp.gate_proj.weight")
        .hasMessageContaining("[64, 48], expected [65, 48]");
  }

  private static void same(List<RowScorer.RowScore> actual, List<RowScorer.RowScore> expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.size(); i++) {
      assertThat(actual.get(i).logProbs()).isEqualTo(expected.get(i).logProbs());
      assertThat(actual.get(i).topIds()).isDeepEqualTo(expected.get(i).topIds());
      assertThat(actual.get(i).topLogProbs()).isDeepEqualTo(expected.get(i).topLogProbs());
    }
  }
}
