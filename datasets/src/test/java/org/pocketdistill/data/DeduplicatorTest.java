package org.pocketdistill.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.pocketdistill.data.DuplicateReport.Pair;

final class DeduplicatorTest {
  @Test
  void keepsTheFirstOfEqualRows() {
    Deduplicator deduplicator = new Deduplicator(1);

    assertThat(deduplicator.isDuplicate(Rows.command("1", "Call  Bob", "call(Bob)"))).isFalse();
    assertThat(deduplicator.isDuplicate(Rows.command("2", "call bob ", "call(Bob)"))).isTrue();
    assertThat(deduplicator.isDuplicate(Rows.command("3", "ｃａｌｌ bob", "call(Bob)"))).isTrue();
    assertThat(deduplicator.report())
        .isEqualTo(
            new DuplicateReport(
                3,
                2,
                0,
                List.of(
                    new Pair("1", "Call  Bob", "2", "call bob ", 1),
                    new Pair("1", "Call  Bob", "3", "ｃａｌｌ bob", 1)),
                List.of()));
  }

  @Test
  void keepsRowsWhoseAnswersDiffer() {
    Deduplicator deduplicator = new Deduplicator(0.5);

    assertThat(deduplicator.isDuplicate(Rows.command("1", "set an alarm for 7", "alarm(7)")))
        .isFalse();
    assertThat(deduplicator.isDuplicate(Rows.command("2", "set an alarm for 8", "alarm(8)")))
        .isFalse();
    assertThat(deduplicator.isDuplicate(Rows.command("3", "set an alarm for 7", "alarm(19)")))
        .as("the same words with another answer")
        .isFalse();
    assertThat(deduplicator.isDuplicate(Rows.command("4", "call Bob", "call(Bob)"))).isFalse();
    assertThat(deduplicator.isDuplicate(Rows.command("5", "call Bob", "call(bob)")))
        .as("answers are compared with their case")
        .isFalse();
  }

  @Test
  void keepsRowsUnderAnotherSystemText() {
    Deduplicator deduplicator = new Deduplicator(0.9);

    assertThat(deduplicator.isDuplicate(withSystem("1", "Answer in English."))).isFalse();
    assertThat(deduplicator.isDuplicate(withSystem("2", "Answer in Chinese."))).isFalse();
    assertThat(deduplicator.isDuplicate(withSystem("3", "Answer in Chinese."))).isTrue();
  }

  @Test
  void findsNearDuplicatesInEnglishAndChinese() {
    Deduplicator deduplicator = new Deduplicator(0.7);
    String english = "please turn on the lights in the living room right now";
    String chinese = "请帮我把客厅的灯全部都打开好吗谢谢你";

    assertThat(deduplicator.isDuplicate(Rows.command("1", english, "on"))).isFalse();
    assertThat(deduplicator.isDuplicate(Rows.command("2", english + "!", "on"))).isTrue();
    assertThat(deduplicator.isDuplicate(Rows.command("3", chinese, "on"))).isFalse();
    assertThat(deduplicator.isDuplicate(Rows.command("4", chinese + "。", "on"))).isTrue();
    assertThat(deduplicator.isDuplicate(Rows.command("5", "switch the radio off", "on"))).isFalse();

    DuplicateReport report = deduplicator.report();
    assertThat(report.near()).isEqualTo(2);
    assertThat(report.nearPairs().get(0))
        .returns("1", Pair::keptId)
        .returns("2", Pair::removedId)
        .satisfies(pair -> assertThat(pair.similarity()).isGreaterThan(0.95).isLessThan(1));
  }

  @Test
  void comparesPlainText() {
    Deduplicator deduplicator = new Deduplicator(0.8);
    String story = "Once upon a time there was a small fox who lived in a big green forest.";

    assertThat(deduplicator.isDuplicate(Example.ofText("1", story))).isFalse();
    assertThat(deduplicator.isDuplicate(Example.ofText("2", story + " The"))).isTrue();
    assertThat(deduplicator.isDuplicate(Example.ofText("3", "Another story."))).isFalse();
  }

  @Test
  void findsWhatComparingAllPairsFinds() {
    long seed = 42;
    System.out.println("DeduplicatorTest: seed " + seed);
    Random random = new Random(seed);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      texts.add(i % 2 == 0 ? sentence(random) : edited(random, texts.get(random.nextInt(i))));
    }

    List<Integer> kept = new ArrayList<>();
    Deduplicator deduplicator = new Deduplicator(0.8);
    for (int i = 0; i < texts.size(); i++) {
      String text = texts.get(i);
      ShingleSketch sketch = sketch(text);
      boolean similar =
          kept.stream().anyMatch(other -> sketch(texts.get(other)).jaccard(sketch) >= 0.8);
      assertThat(deduplicator.isDuplicate(Rows.command("" + i, text, "same")))
          .as("row %d: %s", i, text)
          .isEqualTo(similar);
      if (!similar) {
        kept.add(i);
      }
    }
    assertThat(deduplicator.report().near()).isGreaterThan(30);
  }

  @Test
  void refusesAThresholdThatMakesNoSense() {
    assertThatThrownBy(() -> new Deduplicator(0.3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("threshold must be in [0.5, 1]: 0.3");
  }

  @Test
  void missesFewerThanOneInAThousandAtTheThreshold() {
    for (double threshold : new double[] {0.5, 0.7, 0.8, 0.95, 0.99}) {
      LshBands cut = LshBands.forThreshold(threshold);
      double missed = Math.pow(1 - Math.pow(threshold, cut.rows()), cut.bands());

      assertThat(missed).as("%s at %s", cut, threshold).isLessThanOrEqualTo(1e-3);
      assertThat(cut.signatureLength()).isLessThanOrEqualTo(128);
    }
  }

  private static ShingleSketch sketch(String text) {
    return ShingleSketch.of(ShingleSketch.shingles(Normalized.text(text)));
  }

  private static String sentence(Random random) {
    return String.join(
        " ", IntStream.range(0, 12).mapToObj(i -> "w" + random.nextInt(1000)).toList());
  }

  private static String edited(Random random, String text) {
    int at = random.nextInt(text.length());
    return text.substring(0, at) + (char) ('a' + random.nextInt(26)) + text.substring(at + 1);
  }

  private static Example withSystem(String id, String system) {
    return Example.of(
        id,
        List.of(new Message(Role.SYSTEM, system), Message.user("hi"), Message.assistant("ok")),
        "");
  }
}
