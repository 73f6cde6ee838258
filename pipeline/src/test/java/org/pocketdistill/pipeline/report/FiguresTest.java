package org.pocketdistill.pipeline.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.pocketdistill.eval.statistics.Interval;

class FiguresTest {
  private static String blanks(String text) {
    return text.replace('\u00a0', ' ');
  }

  @Test
  void sharesAreInPercent() {
    assertThat(blanks(Figures.percent(0.9744))).isEqualTo("97.4 %");
    assertThat(blanks(Figures.value("exact_match", 1))).isEqualTo("100.0 %");
    assertThat(blanks(Figures.difference("slot_f1", -0.0125))).isEqualTo("−1.3 points");
    assertThat(blanks(Figures.difference("slot_f1", -0.0001))).isEqualTo("0.0 points");
    assertThat(Figures.percentInterval(new Interval(-0.01, 0.5))).isEqualTo("[−1.0, 50.0]");
  }

  @Test
  void perplexitiesAreNumbers() {
    assertThat(Figures.value("perplexity", 12.3456)).isEqualTo("12.35");
    assertThat(Figures.difference("perplexity", 1.5)).isEqualTo("+1.5");
    assertThat(blanks(Figures.plusMinus("perplexity", 0.01234))).isEqualTo("± 0.012");
    assertThat(Figures.interval("perplexity", new Interval(1, 2))).isEqualTo("[1, 2]");
  }

  @Test
  void numbersKeepFourDigits() {
    assertThat(Figures.significant(0)).isEqualTo("0");
    assertThat(Figures.significant(0.00012345)).isEqualTo("0.0001235");
    assertThat(Figures.significant(2.1e-5)).isEqualTo("2.1e−5");
    assertThat(Figures.significant(-123456)).isEqualTo("−123500");
    assertThat(Figures.significant(1.23456e9)).isEqualTo("1.235e9");
    assertThat(Figures.significant(Double.NaN)).isEqualTo("–");
  }

  @Test
  void unitsArePowersOfThousand() {
    assertThat(blanks(Figures.bytes(999))).isEqualTo("999 B");
    assertThat(blanks(Figures.bytes(1_234_567))).isEqualTo("1.23 MB");
    assertThat(blanks(Figures.bytes(999_999))).isEqualTo("1 MB");
    assertThat(blanks(Figures.count(9_999))).isEqualTo("9999");
    assertThat(blanks(Figures.count(5_312_000))).isEqualTo("5.31 M");
  }

  @Test
  void timesAreReadable() {
    assertThat(blanks(Figures.seconds(4.21))).isEqualTo("4.2 s");
    assertThat(blanks(Figures.seconds(59.97))).isEqualTo("1 min 00 s");
    assertThat(blanks(Figures.seconds(312))).isEqualTo("5 min 12 s");
    assertThat(blanks(Figures.seconds(3725))).isEqualTo("1 h 02 min");
  }

  @Test
  void smallProbabilitiesAreNotZero() {
    assertThat(blanks(Figures.pSentence(0.00001))).isEqualTo("p < 0.001");
    assertThat(blanks(Figures.pSentence(0.0314))).isEqualTo("p = 0.031");
    assertThat(blanks(Figures.pSentence(1))).isEqualTo("p = 1.00");
  }

  @Test
  void theMachinesLanguageDoesNotMatter() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      assertThat(blanks(Figures.percent(0.5))).isEqualTo("50.0 %");
      assertThat(Figures.text("n = %d", 400)).isEqualTo("n = 400");
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void hiddenCharactersAreSpelledOut() {
    assertThat(VisibleText.of("a\nb\u202ec\u0007 你好 😀")).isEqualTo("a↵ b\\u202ec\\u0007 你好 😀");
    assertThat(VisibleText.of("x".repeat(700))).hasSize(601).endsWith("…");
  }

  @Test
  void markdownMeansNothing() {
    assertThat(MarkdownPage.escape("<b> [x](y) a_b _c_ *d* `e` | &amp; 1 < 2 & [1, 2] \\"))
        .isEqualTo("\\<b> [x\\](y) a_b \\_c\\_ \\*d\\* \\`e\\` \\| \\&amp; 1 < 2 & [1, 2] \\\\");
  }
}
