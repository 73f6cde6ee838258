package org.pocketdistill.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestTest {
  private static final List<String> KEYS =
      List.of(
          "temperature",
          "learning_rate",
          "num_train_epochs",
          "max_steps",
          "warmup_steps",
          "hidden_size",
          "lora_alpha",
          "r");

  @ParameterizedTest
  @CsvSource({
    "temperatur, temperature",
    "temprature, temperature",
    "Temperature, temperature",
    "learningRate, learning_rate",
    "learning-rate, learning_rate",
    "epochs, num_train_epochs",
    "max_step, max_steps",
    "alpha, lora_alpha",
    "hiden_size, hidden_size",
  })
  void findsWhatWasMeant(String word, String meant) {
    assertThat(Nearest.to(word, KEYS)).contains(meant);
  }

  @Test
  void isSilentWhereNothingIsNear() {
    assertThat(Nearest.to("colour", KEYS)).isEmpty();
    assertThat(Nearest.hint("colour", List.of("a", "b"))).isEqualTo("expected one of a, b");
    assertThat(Nearest.hint("colour", List.of())).isEqualTo("none is known");
  }
}
