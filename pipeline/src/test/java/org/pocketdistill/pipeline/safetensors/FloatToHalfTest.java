package org.pocketdistill.pipeline.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FloatToHalfTest {
  private static float half(int bits) {
    return FloatCodec.halfToFloat((short) bits);
  }

  @Test
  void everyFiniteHalfComesBack() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      if ((bits & 0x7c00) != 0x7c00) {
        assertThat(FloatCodec.floatToHalf(half(bits))).as("%x", bits).isEqualTo((short) bits);
      }
    }
  }

  /** Between neighbours the nearer one is taken, in the middle the even one. */
  @Test
  void roundsToTheNearestAndTiesToEven() {
    SplittableRandom random = new SplittableRandom(7);
    for (int bits = 0; bits < 0x7bff; bits++) {
      float low = half(bits);
      float high = half(bits + 1);
      float middle = (float) (((double) low + high) / 2);
      float anywhere = (float) (low + random.nextDouble() * ((double) high - low));
      int nearest = (double) anywhere - low <= (double) high - anywhere ? bits : bits + 1;
      assertThat(FloatCodec.floatToHalf(middle)).as("tie %x", bits).isEqualTo(even(bits));
      if (anywhere != middle) {
        assertThat(FloatCodec.floatToHalf(anywhere))
            .as("%s, seed 7", anywhere)
            .isEqualTo((short) nearest);
        assertThat(FloatCodec.floatToHalf(-anywhere)).isEqualTo((short) (nearest | 0x8000));
      }
    }
  }

  private static short even(int bits) {
    return (short) (bits % 2 == 0 ? bits : bits + 1);
  }

  @Test
  void endsAtTheLargestHalf() {
    assertThat(half(FloatCodec.floatToHalf(1e9f))).isEqualTo(65504f);
    assertThat(half(FloatCodec.floatToHalf(-1e30f))).isEqualTo(-65504f);
    assertThat(half(FloatCodec.floatToHalf(Float.NEGATIVE_INFINITY))).isEqualTo(-65504f);
    assertThat(half(FloatCodec.floatToHalf(65519f))).isEqualTo(65504f);
    assertThat(half(FloatCodec.floatToHalf(Float.NaN))).isNaN();
  }
}
