package org.pocketdistill.pipeline.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HeadLayoutTest {
  @Test
  void widensEachHalfOfAHead() {
    HeadLayout layout = new HeadLayout(12);

    float[] padded = layout.pad(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});

    assertThat(layout.isPadded()).isTrue();
    assertThat(padded).containsExactly(1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0);
  }

  @Test
  void widensHeadsSideBySide() {
    HeadLayout layout = new HeadLayout(2);

    float[] padded = layout.pad(new float[] {1, 2, 3, 4});

    assertThat(padded).hasSize(32);
    assertThat(padded[0]).isEqualTo(1);
    assertThat(padded[8]).isEqualTo(2);
    assertThat(padded[16]).isEqualTo(3);
    assertThat(padded[24]).isEqualTo(4);
  }

  @Test
  void leavesMultiplesOfSixteenAlone() {
    HeadLayout layout = new HeadLayout(64);

    assertThat(layout.isPadded()).isFalse();
    for (int j = 0; j < 64; j++) {
      assertThat(layout.position(j)).isEqualTo(j);
    }
  }
}
