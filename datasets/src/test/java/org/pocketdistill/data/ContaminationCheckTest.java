package org.pocketdistill.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.pocketdistill.data.ContaminationReport.Finding;
import org.pocketdistill.data.ContaminationReport.SetReport;

final class ContaminationCheckTest {
  private static final String LONG =
      "The quick brown fox jumps over the lazy dog while the cat sleeps under the old oak tree";
  private static final String CHINESE = "请告诉我明天上午从北京到上海的高铁有哪些班次";

  private final ContaminationCheck check = new ContaminationCheck();

  @Test
  void findsEqualWordsWhateverTheAnswer() {
    check.addEvaluationRow("test", Rows.command("e1", "Set an alarm for 7!", "a"));
    check.addEvaluationRow("test", Rows.command("e2", "Call Bob", "b"));
    check.addEvaluationRow("hard", Rows.command("h1", "关灯", "c"));

    assertThat(check.isContaminated(Rows.command("t1", "set an alarm, for 7", "other"))).isTrue();
    assertThat(check.isContaminated(Rows.command("t2", "set an alarm for 8", "a"))).isFalse();
    assertThat(check.isContaminated(Rows.command("t3", "关灯。", "c"))).isTrue();

    assertThat(check.report())
        .isEqualTo(
            new ContaminationReport(
                3,
                2,
                List.of(
                    new SetReport(
                        "test",
                        2,
                        1,
                        0,
                        1,
                        List.of(new Finding("e1", "t1", true, "set an alarm, for 7"))),
                    new SetReport(
                        "hard", 1, 1, 0, 1, List.of(new Finding("h1", "t3", true, "关灯。"))))));
  }

  @Test
  void findsThirteenWordsInARow() {
    check.addEvaluationRow("test", Rows.command("e1", LONG, "a"));
    String[] words = LONG.split(" ", -1);
    String thirteen = String.join(" ", List.of(words).subList(3, 16));
    String twelve = String.join(" ", List.of(words).subList(3, 15));

    assertThat(check.isContaminated(Rows.command("t1", "Explain: " + twelve, "x"))).isFalse();
    assertThat(check.isContaminated(Rows.command("t2", "Explain: " + thirteen, "x"))).isTrue();
    assertThat(check.isContaminated(Rows.command("t3", "Quote.", "So: " + thirteen))).isTrue();
    assertThat(check.isContaminated(Example.ofText("t4", "A page. " + LONG + ". More."))).isTrue();

    SetReport report = check.report().sets().get(0);
    assertThat(report.equalRows()).isZero();
    assertThat(report.overlappingRows()).isEqualTo(1);
    assertThat(report.foundRows()).isEqualTo(1);
    assertThat(report.trainingRows()).isEqualTo(3);
    assertThat(report.examples()).extracting(Finding::trainingId).containsExactly("t2", "t3", "t4");
  }

  @Test
  void countsAnIdeographAsAWord() {
    check.addEvaluationRow("test", Rows.command("e1", CHINESE, "a"));

    assertThat(check.isContaminated(Rows.command("t1", "问：" + CHINESE.substring(2, 15), "x")))
        .isTrue();
    assertThat(check.isContaminated(Rows.command("t2", "问：" + CHINESE.substring(2, 14), "x")))
        .isFalse();
  }

  @Test
  void ignoresTheFormThatManyRowsOfASetShare() {
    for (int i = 0; i < 40; i++) {
      check.addEvaluationRow("test", Rows.command("e" + i, LONG + " item " + i, "a"));
    }

    assertThat(check.isContaminated(Rows.command("t1", LONG + " something new", "x"))).isFalse();
    assertThat(check.isContaminated(Rows.command("t2", LONG + " item 7", "x"))).isTrue();
    assertThat(check.report().sets().get(0).equalRows()).isEqualTo(1);
  }

  @Test
  void findsAPassageThatAFewRowsOfASetShare() {
    for (int i = 0; i < 40; i++) {
      String passage = i < 5 ? LONG : "Passage number " + i;
      check.addEvaluationRow("test", Rows.command("e" + i, passage + " Question " + i, "a"));
    }

    assertThat(check.isContaminated(Example.ofText("t1", LONG))).isTrue();
    assertThat(check.report().sets().get(0).overlappingRows()).isEqualTo(5);
  }

  @Test
  void ignoresSystemTextAndRowsWithoutWords() {
    check.addEvaluationRow("test", withSystem("e1", "?!"));
    check.addEvaluationRow("test", Rows.command("e2", LONG, "a"));

    assertThat(check.isContaminated(withSystem("t1", "…"))).isFalse();
    assertThat(check.isContaminated(withSystem("t2", "hello"))).isFalse();
  }

  @Test
  void looksForTheQuestionOfARowWithChoicesAndNotForItsPassage() {
    MultipleChoice choice =
        new MultipleChoice(LONG, "does ice float on water", List.of("no", "yes"), 1);
    check.addEvaluationRow("boolq", Example.of("e1", choice, ""));

    assertThat(check.isContaminated(Rows.command("t1", "Does ice float on water?", "x"))).isTrue();
    assertThat(check.isContaminated(Example.of("t2", choice, ""))).isTrue();
    assertThat(check.isContaminated(Example.ofText("t3", LONG))).isFalse();
  }

  private static Example withSystem(String id, String user) {
    return Example.of(
        id,
        List.of(new Message(Role.SYSTEM, LONG), Message.user(user), Message.assistant("ok")),
        "");
  }
}
