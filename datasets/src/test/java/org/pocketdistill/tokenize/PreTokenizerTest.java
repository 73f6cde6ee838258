package org.pocketdistill.tokenize;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PreTokenizerTest {
  private static List<String> pieces(String text) {
    List<String> pieces = new ArrayList<>();
    PreTokenizer.WORDS.split(text, pieces::add);
    assertThat(String.join("", pieces)).isEqualTo(text);
    return pieces;
  }

  @Test
  void wordHasTheSamePiecesWhereverItStands() {
    assertThat(pieces("call Emma, 打给妈妈 A1_b\n"))
        .containsExactly(
            "call", " ", "Emma", ",", " ", "打", "给", "妈", "妈", " ", "A", "1", "_b", "\n");
    assertThat(pieces("{\"to\":\"Emma\"}")).containsExactly("{\"", "to", "\":\"", "Emma", "\"}");
    assertThat(pieces("{\"to\":\"妈妈\"}")).containsExactly("{\"", "to", "\":\"", "妈", "妈", "\"}");
  }
}
