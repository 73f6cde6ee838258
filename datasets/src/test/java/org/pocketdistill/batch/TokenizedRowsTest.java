package org.pocketdistill.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TokenizedRowsTest {
  private static final int IGNORED = TokenizedExample.IGNORE_INDEX;

  @Test
  void giveBackWhatWasAdded() {
    TokenizedRows rows = new TokenizedRows();
    rows.add(new TokenizedExample("a", new int[] {5, 0, 7}, new int[] {5, IGNORED, 7}));
    rows.add(new TokenizedExample("b", new int[] {0, 0}, new int[] {IGNORED, 0}));

    assertThat(rows.size()).isEqualTo(2);
    assertThat(rows.tokens()).isEqualTo(5);
    assertThat(rows.length(0)).isEqualTo(3);
    // the first token of a row has no place to be predicted from
    assertThat(rows.learnedTokens(0)).isEqualTo(1);
    assertThat(rows.learnedTokens()).isEqualTo(2);
    assertThat(rows.get(0).id()).isEqualTo("a");
    assertThat(rows.get(0).inputIds()).containsExactly(5, 0, 7);
    assertThat(rows.get(0).labels()).containsExactly(5, IGNORED, 7);
    assertThat(rows.get(1).inputIds()).containsExactly(0, 0);
    assertThat(rows.get(1).labels()).containsExactly(IGNORED, 0);
  }

  @Test
  void refuseALabelThatIsNotTheToken() {
    TokenizedExample example = new TokenizedExample("a", new int[] {5, 6}, new int[] {5, 7});

    assertThatThrownBy(() -> new TokenizedRows().add(example))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("row a, token 1: id 6 with label 7; expected the id itself or -100");
  }

  @Test
  void refuseANegativeId() {
    TokenizedExample example = new TokenizedExample("a", new int[] {-100}, new int[] {-100});

    assertThatThrownBy(() -> new TokenizedRows().add(example))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("row a, token 0: id -100 with label -100; expected the id itself or -100");
  }
}
