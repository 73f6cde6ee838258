package org.pocketdistill.tokenize;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** That the expressions in use are let through is tested with each rule of GGUF files. */
class RegexCheckTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "(x+x+)+y",
        "(a|a)*b",
        "(?:a*){2,}",
        "(a*){9}",
        "(a*){0,50}",
        "((a|b)c)+",
        "(?:(?:a+))?+",
        "b(a{1,3})+",
        "([^(]+)*",
        "(\\p{L}+)*"
      })
  void findsRepetitionsInRepetitions(String regex) {
    assertThat(RegexCheck.danger(regex).orElse("")).startsWith("the repetition (");
  }

  @ParameterizedTest
  @ValueSource(strings = {"(a)\\1", "(?<n>a)\\k<n>", "(a|\\g<0>)"})
  void findsReferences(String regex) {
    assertThat(RegexCheck.danger(regex).orElse("")).startsWith("the reference \\");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a+|b*",
        "(a|b){1,4}",
        "(?:\\d{3})*(?!\\d)",
        "(?i:'s|'t)?",
        "[(+*|)]+",
        "\\(a+\\)+",
        "[a\\]+]+",
        "[\\p{Lu}&&[^\\p{Han}]]*",
        "\\x{41}+",
        "(a+)(b+)",
        "(a+"
      })
  void letsOthersThrough(String regex) {
    assertThat(RegexCheck.danger(regex)).isEmpty();
  }

  @Test
  void readsExpressionsThatEndTooSoon() {
    for (String regex : new String[] {"\\", "[", "(", "a{", "[\\", "\\p{", ")", "a)+", "\\p"}) {
      assertThat(RegexCheck.danger(regex)).as(regex).isEmpty();
    }
  }
}
