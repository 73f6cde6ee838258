package org.pocketdistill.data.assistant;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.LocalTime;
import java.time.MonthDay;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SpeechTest {
  private static final Speech ENGLISH = new EnglishSpeech();
  private static final Speech CHINESE = new ChineseSpeech();

  @Test
  void saysTimesInEnglish() {
    assertThat(ENGLISH.times(LocalTime.of(18, 30)))
        .contains("6:30 pm", "18:30", "half past six in the evening", "six thirty in the evening");
    assertThat(ENGLISH.times(LocalTime.of(7, 45)))
        .contains("07:45", "quarter to eight in the morning");
    assertThat(ENGLISH.times(LocalTime.of(12, 0))).contains("noon", "12 pm");
    assertThat(ENGLISH.times(LocalTime.of(0, 5))).containsExactly("12:05 am", "12:05am", "00:05");
    assertThat(ENGLISH.dayTimes(Day.TODAY, LocalTime.of(21, 0))).contains("tonight at nine");
    assertThat(ENGLISH.dayTimes(Day.FRIDAY, LocalTime.of(7, 15)))
        .contains("Friday morning at quarter past seven", "Friday at 7:15 am");
  }

  @Test
  void saysTimesInChinese() {
    assertThat(CHINESE.times(LocalTime.of(18, 30))).contains("晚上六点半", "晚上6:30", "18点30分");
    assertThat(CHINESE.times(LocalTime.of(2, 5))).contains("凌晨两点零五分", "02:05");
    assertThat(CHINESE.times(LocalTime.of(12, 0))).contains("中午十二点整");
    assertThat(CHINESE.dayTimes(Day.TOMORROW, LocalTime.of(7, 15))).contains("明早七点一刻", "明天早上7点15分");
    assertThat(CHINESE.dayTimes(Day.SUNDAY, LocalTime.of(20, 0))).contains("星期天晚上八点");
  }

  @Test
  void saysDurations() {
    assertThat(ENGLISH.durations(Duration.ofMinutes(90)))
        .contains("an hour and a half", "1 hour 30 minutes", "an hour and thirty minutes");
    assertThat(ENGLISH.durations(Duration.ofMinutes(30)))
        .contains("half an hour", "thirty minutes");
    assertThat(ENGLISH.durations(Duration.ofSeconds(150)))
        .contains("two minutes and thirty seconds");
    assertThat(CHINESE.durations(Duration.ofMinutes(90))).contains("一个半小时", "1小时30分钟");
    assertThat(CHINESE.durations(Duration.ofHours(2))).contains("两个小时", "2小时");
    assertThat(CHINESE.durations(Duration.ofSeconds(150))).contains("两分半钟", "2分30秒");
  }

  @Test
  void saysNumbersAndDates() {
    assertThat(ENGLISH.numbers(42)).containsExactly("42", "forty two");
    assertThat(CHINESE.numbers(42)).containsExactly("42", "四十二");
    assertThat(CHINESE.numbers(17)).contains("十七");
    assertThat(ENGLISH.percentages(100)).containsExactly("100%", "100 percent");
    assertThat(CHINESE.percentages(100)).contains("百分之一百");
    assertThat(ENGLISH.dates(MonthDay.of(3, 22))).contains("March 22nd", "the 22nd of March");
    assertThat(ENGLISH.dates(MonthDay.of(6, 11))).contains("June 11th");
    assertThat(CHINESE.dates(MonthDay.of(10, 21))).contains("10月21号", "十月二十一日");
  }

  @Test
  void saysEveryTimeDifferently() {
    for (Speech speech : List.of(ENGLISH, CHINESE)) {
      Map<String, String> meanings = new HashMap<>();
      for (int minute = 0; minute < 24 * 60; minute++) {
        LocalTime time = LocalTime.of(minute / 60, minute % 60);
        for (String said : speech.times(time)) {
          assertThat(meanings.put(said, time.toString())).as(said).isIn(null, time.toString());
        }
        for (Day day : Day.values()) {
          String meaning = day + " " + time;
          for (String said : speech.dayTimes(day, time)) {
            assertThat(meanings.put(said, meaning)).as(said).isIn(null, meaning);
          }
        }
      }
    }
  }
}
