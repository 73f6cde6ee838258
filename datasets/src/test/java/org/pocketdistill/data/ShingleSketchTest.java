package org.pocketdistill.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ShingleSketchTest {
  @Test
  void agreesWithSetsOfSubstrings() {
    String a = "wake me up at seven tomorrow morning";
    String b = "wake me up at eight tomorrow morning";

    assertThat(sketch(a).jaccard(sketch(b))).isEqualTo(naive(a, b, 5));
    assertThat(sketch(a).size()).isEqualTo(shingles(a, 5).size());
  }

  @Test
  void takesThreeCharactersOfChinese() {
    String a = "请帮我打开客厅的灯";
    String b = "请帮我打开卧室的灯";

    assertThat(sketch(a).jaccard(sketch(b))).isEqualTo(naive(a, b, 3));
  }

  @Test
  void isOneForEqualAndZeroForEmptyTexts() {
    assertThat(sketch("hi").jaccard(sketch("hi"))).isEqualTo(1);
    assertThat(sketch("hi").jaccard(sketch("ho"))).isZero();
    assertThat(sketch("").jaccard(sketch(""))).isZero();
  }

  @Test
  void estimatesLongTexts() {
    Random random = new Random(11);
    String a = letters(random, 6000);
    String b = a.substring(0, 5000) + letters(random, 400);

    // standard error sqrt(J (1 - J) / 512) = 0.018 at J = 0.78; three of them
    assertThat(sketch(a).jaccard(sketch(b))).isCloseTo(naive(a, b, 5), within(0.055));
  }

  @Test
  void signaturesAgreeAsOftenAsTheSetsOverlap() {
    String a = "turn on the lamp in the living room and close the blinds";
    String b = "turn on the lamp in the living room and open the blinds";
    long[] first = ShingleSketch.signature(ShingleSketch.shingles(a), 2000);
    long[] second = ShingleSketch.signature(ShingleSketch.shingles(b), 2000);

    long agree = IntStream.range(0, 2000).filter(i -> first[i] == second[i]).count();

    // standard error sqrt(J (1 - J) / 2000) = 0.01; four of them
    assertThat(agree / 2000.0).isCloseTo(naive(a, b, 5), within(0.04));
  }

  private static ShingleSketch sketch(String text) {
    return ShingleSketch.of(ShingleSketch.shingles(text));
  }

  private static String letters(Random random, int count) {
    return random
        .ints(count, 'a', 'z')
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static double naive(String a, String b, int length) {
    Set<String> union = shingles(a, length);
    Set<String> common = shingles(b, length);
    common.retainAll(union);
    union.addAll(shingles(b, length));
    return (double) common.size() / union.size();
  }

  private static Set<String> shingles(String text, int length) {
    Set<String> shingles = new HashSet<>();
    for (int i = 0; i + length <= text.length(); i++) {
      shingles.add(text.substring(i, i + length));
    }
    return shingles;
  }
}
