package org.pocketdistill.data.assistant;

import java.time.Duration;
import java.time.LocalTime;
import java.time.MonthDay;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The slots whose values follow rules instead of lists: numbers, times, days, dates, durations. */
final class SpokenSlots {
  private static final int MINUTES_PER_DAY = 24 * 60;
  // people mostly name quarters of an hour and multiples of five
  private static final List<Integer> MINUTE_STEPS = List.of(15, 15, 15, 15, 15, 15, 5, 5, 5, 1);
  private static final List<Integer> PERCENT_STEPS = List.of(10, 10, 5, 5, 5, 1);
  private static final List<Integer> MINUTES_AFTER_HOURS = List.of(5, 10, 15, 20, 30, 40, 45, 50);

  private SpokenSlots() {}

  /** The slots by name, in the words of one language. */
  static Map<String, Slot> of(Speech speech) {
    Map<String, Slot> slots = new TreeMap<>();
    slots.put("number", number(speech, 3, 200));
    slots.put("percentage", number(speech, 1, 100));
    slots.put("degrees", number(speech, 12, 30));
    slots.put("year", digits(1100, 1990));
    slots.put("house", digits(1, 200));
    slots.put("small", digits(2, 60));
    slots.put("percent", (argument, draw) -> percent(speech, argument, draw));
    slots.put("time", (argument, draw) -> time(speech, argument, draw));
    slots.put("day_time", (argument, draw) -> dayTime(speech, draw));
    slots.put("day", (argument, draw) -> day(speech, argument, draw));
    slots.put("date", (argument, draw) -> date(speech, argument, draw));
    slots.put("duration", (argument, draw) -> duration(speech, argument, draw));
    return slots;
  }

  private static Slot number(Speech speech, int low, int high) {
    return (argument, draw) -> {
      int value = draw.number(low, high);
      return Filling.of(draw.oneOf(speech.numbers(value)), argument, value);
    };
  }

  private static Slot digits(int low, int high) {
    return (argument, draw) -> {
      int value = draw.number(low, high);
      return Filling.of(Integer.toString(value), argument, value);
    };
  }

  private static Filling percent(Speech speech, String argument, Draw draw) {
    int step = draw.oneOf(PERCENT_STEPS);
    int value = draw.number(() -> step * draw.below(100 / step) + step);
    return Filling.of(draw.oneOf(speech.percentages(value)), argument, value);
  }

  private static LocalTime time(Draw draw) {
    int step = draw.oneOf(MINUTE_STEPS);
    int minute = draw.number(() -> step * draw.below(MINUTES_PER_DAY / step));
    return LocalTime.of(minute / 60, minute % 60);
  }

  private static Filling time(Speech speech, String argument, Draw draw) {
    LocalTime time = time(draw);
    return Filling.of(draw.oneOf(speech.times(time)), argument, time.toString());
  }

  private static Filling day(Speech speech, String argument, Draw draw) {
    Day day = draw.oneOf(List.of(Day.values()));
    return Filling.of(draw.oneOf(speech.days(day)), argument, day.key());
  }

  private static Filling dayTime(Speech speech, Draw draw) {
    Day day = draw.oneOf(List.of(Day.values()));
    LocalTime time = time(draw);
    return Filling.ofDayTime(draw.oneOf(speech.dayTimes(day, time)), day, time);
  }

  private static Filling date(Speech speech, String argument, Draw draw) {
    int day = draw.number(() -> 100 * (1 + draw.below(12)) + 1 + draw.below(28));
    MonthDay date = MonthDay.of(day / 100, day % 100);
    // MonthDay writes --MM-DD
    String value = date.toString().substring(2);
    return Filling.of(draw.oneOf(speech.dates(date)), argument, value);
  }

  private static Filling duration(Speech speech, String argument, Draw draw) {
    Duration duration = Duration.ofSeconds(draw.number(() -> seconds(draw)));
    return Filling.of(draw.oneOf(speech.durations(duration)), argument, canonical(duration));
  }

  private static int seconds(Draw draw) {
    return switch (draw.below(6)) {
      case 0 -> 5 + 5 * draw.below(11);
      case 1 -> 60 * (1 + draw.below(9)) + 15 * (1 + draw.below(3));
      case 2 -> 3600 * (1 + draw.below(9));
      case 3 -> 3600 * (1 + draw.below(5)) + 60 * draw.oneOf(MINUTES_AFTER_HOURS);
      default -> 60 * (1 + draw.below(59));
    };
  }

  /** For example 45s, 2m30s, 1h, 1h30m. */
  private static String canonical(Duration duration) {
    StringBuilder text = new StringBuilder();
    append(text, duration.toHoursPart(), 'h');
    append(text, duration.toMinutesPart(), 'm');
    append(text, duration.toSecondsPart(), 's');
    return text.toString();
  }

  private static void append(StringBuilder text, int count, char unit) {
    if (count > 0) {
      text.append(count).append(unit);
    }
  }
}
