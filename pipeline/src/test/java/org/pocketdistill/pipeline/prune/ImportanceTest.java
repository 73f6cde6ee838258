package org.pocketdistill.pipeline.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.GoldenCheckpoint;

/** Against transformers' hidden states and hooks; see PROVENANCE.md of the resources. */
class ImportanceTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** That of the goldens for block influence. */
  private static final double INFLUENCE = 1e-5;

  /** Relative, of sums in fp32 over some hundred activations. */
  private static final double SCORE = 1e-4;

  static Stream<GoldenCheckpoint> checkpoints() {
    return GoldenCheckpoint.NAMES.stream().map(GoldenCheckpoint::open);
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void blockInfluenceIsThatOfTheOriginal(GoldenCheckpoint checkpoint) throws IOException {
    JsonNode golden = JSON.readTree(checkpoint.folder().resolve("golden.json").toFile());
    try (Decoder decoder = checkpoint.decoder()) {
      Importance importance = Importance.measure(decoder, List.of(checkpoint.batch()));
      assertThat(importance.tokens()).isEqualTo(43);
      close(importance.blockInfluence(), golden.path("block_influence"), INFLUENCE);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama_gqa", "qwen2", "qwen3"})
  void scoresOfChannelsHeadsAndNeuronsAreThoseOfTheFormula(String name) throws IOException {
    JsonNode golden;
    try (InputStream in = ImportanceTest.class.getResourceAsStream("/prune/importance.json")) {
      golden = JSON.readTree(in).path(name);
    }
    GoldenCheckpoint checkpoint = GoldenCheckpoint.open(name);
    try (Decoder decoder = checkpoint.decoder()) {
      Importance importance = Importance.measure(decoder, List.of(checkpoint.batch()));
      close(importance.hidden(), golden.path("hidden"), SCORE);
      for (int layer = 0; layer < importance.neurons().size(); layer++) {
        close(importance.neurons().get(layer), golden.path("neurons").path(layer), SCORE);
        close(importance.heads().get(layer), golden.path("heads").path(layer), SCORE);
      }
    }
  }

  @Test
  void severalBatchesCountAsOne() {
    GoldenCheckpoint checkpoint = GoldenCheckpoint.open("llama_gqa");
    try (Decoder decoder = checkpoint.decoder()) {
      Importance once = Importance.measure(decoder, List.of(checkpoint.batch()));
      Importance twice =
          Importance.measure(decoder, List.of(checkpoint.batch(), checkpoint.batch()));
      assertThat(twice.blockInfluence()).containsExactly(once.blockInfluence(), within(1e-9));
      assertThat(twice.hidden()[3] / once.hidden()[3]).isCloseTo(Math.sqrt(2), within(1e-6));
      assertThat(decoder.weights().manager().getManagedArrays())
          .as("live arrays")
          .hasSameSizeAs(afterAnother(decoder, checkpoint));
    }
  }

  private static List<?> afterAnother(Decoder decoder, GoldenCheckpoint checkpoint) {
    Importance.measure(decoder, List.of(checkpoint.batch()));
    return decoder.weights().manager().getManagedArrays();
  }

  private static void close(double[] actual, JsonNode expected, double tolerance) {
    assertThat(expected.size()).isEqualTo(actual.length);
    for (int i = 0; i < actual.length; i++) {
      double value = expected.get(i).asDouble();
      assertThat(actual[i]).isCloseTo(value, within(tolerance * Math.max(1, Math.abs(value))));
    }
  }
}
