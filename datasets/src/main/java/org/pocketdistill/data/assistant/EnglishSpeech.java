package org.pocketdistill.data.assistant;

import java.time.Duration;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.format.TextStyle;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Spoken English. */
final class EnglishSpeech implements Speech {
  private static final String[] SMALL = {
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen"
  };
  private static final String[] TENS = {
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"
  };

  @Override
  public List<String> numbers(int value) {
    String digits = Integer.toString(value);
    return value < 100 ? List.of(digits, words(value)) : List.of(digits);
  }

  @Override
  public List<String> percentages(int value) {
    List<String> forms = new ArrayList<>(List.of(value + "%"));
    numbers(value).forEach(number -> forms.add(number + " percent"));
    return forms;
  }

  @Override
  public List<String> times(LocalTime time) {
    int hour = time.getHour();
    int minute = time.getMinute();
    String half = hour < 12 ? "am" : "pm";
    List<String> forms = new ArrayList<>();
    String digits = minute == 0 ? "" + hour12(hour) : digits(time);
    forms.add(digits + " " + half);
    forms.add(digits + half);
    if (hour < 10 || hour > 12) {
      forms.add(time.toString());
    }
    if (hour > 0) {
      clockWords(time, true).forEach(words -> forms.add(words + " " + partOfDay(hour)));
    }
    if (hour == 12 && minute == 0) {
      forms.add("noon");
    }
    return forms;
  }

  @Override
  public List<String> dayTimes(Day day, LocalTime time) {
    List<String> forms = new ArrayList<>();
    times(time).forEach(said -> forms.add(name(day) + " at " + said));
    if (day != Day.DAY_AFTER_TOMORROW && time.getHour() >= 5) {
      String part = partOfDay(time.getHour());
      part = part.substring(part.lastIndexOf(' ') + 1);
      String when = name(day) + " " + part;
      if (day == Day.TODAY) {
        when = part.equals("night") ? "tonight" : "this " + part;
      }
      forms.add(when + " at " + digits(time));
      for (String words : clockWords(time, false)) {
        forms.add(when + " at " + words);
      }
    }
    return forms;
  }

  @Override
  public List<String> days(Day day) {
    return List.of(day.isWeekday() ? "on " + name(day) : name(day));
  }

  @Override
  public List<String> dates(MonthDay date) {
    String month = date.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
    int day = date.getDayOfMonth();
    return List.of(
        month + " " + day, month + " " + ordinal(day), "the " + ordinal(day) + " of " + month);
  }

  @Override
  public List<String> durations(Duration duration) {
    int hours = duration.toHoursPart();
    int minutes = duration.toMinutesPart();
    int seconds = duration.toSecondsPart();
    List<String> forms = new ArrayList<>();
    if (hours > 0 && minutes > 0) {
      forms.addAll(pairs(spans(hours, "hour"), spans(minutes, "minute")));
      if (minutes == 30) {
        forms.add(hours == 1 ? "an hour and a half" : words(hours) + " and a half hours");
      }
    } else if (minutes > 0 && seconds > 0) {
      forms.addAll(pairs(spans(minutes, "minute"), spans(seconds, "second")));
    } else if (hours > 0) {
      forms.addAll(spans(hours, "hour"));
    } else {
      forms.addAll(minutes > 0 ? spans(minutes, "minute") : spans(seconds, "second"));
      if (minutes == 30) {
        forms.add("half an hour");
      } else if (minutes == 15) {
        forms.add("a quarter of an hour");
      }
    }
    return forms;
  }

  private static List<String> pairs(List<String> large, List<String> small) {
    List<String> forms = new ArrayList<>();
    for (int i = 0; i < Math.min(large.size(), small.size()); i++) {
      forms.add(large.get(i) + " " + small.get(i));
      forms.add(large.get(i) + " and " + small.get(i));
    }
    return forms;
  }

  private static List<String> spans(int count, String unit) {
    if (count == 1) {
      return List.of("1 " + unit, (unit.equals("hour") ? "an " : "a ") + unit);
    }
    return List.of(count + " " + unit + "s", words(count) + " " + unit + "s");
  }

  /** The words for a time on a twelve-hour clock; none for minutes that are not a multiple of 5. */
  private static List<String> clockWords(LocalTime time, boolean withPartOfDay) {
    int minute = time.getMinute();
    int next = time.getHour() + 1;
    String hour = words(hour12(time.getHour()));
    List<String> forms = new ArrayList<>();
    if (minute % 5 != 0) {
      return forms;
    }
    if (minute == 0) {
      forms.add(withPartOfDay ? hour + " o'clock" : hour);
    } else if (minute <= 30) {
      forms.add(past(minute) + " past " + hour);
    } else if (next < 24 && partOfDay(next).equals(partOfDay(time.getHour()))) {
      // "a quarter to twelve in the morning" names the morning, twelve is not part of it
      forms.add(past(60 - minute) + " to " + words(hour12(next)));
    }
    if (minute >= 10) {
      forms.add(hour + " " + words(minute));
    }
    return forms;
  }

  /** For example 7:05. */
  private static String digits(LocalTime time) {
    String minute = time.toString().substring(3);
    return hour12(time.getHour()) + ":" + minute;
  }

  private static String past(int minutes) {
    return switch (minutes) {
      case 15 -> "quarter";
      case 30 -> "half";
      default -> words(minutes);
    };
  }

  private static String partOfDay(int hour) {
    if (hour < 12) {
      return "in the morning";
    }
    if (hour < 18) {
      return "in the afternoon";
    }
    return hour < 21 ? "in the evening" : "at night";
  }

  private static int hour12(int hour) {
    return (hour + 11) % 12 + 1;
  }

  private static String name(Day day) {
    return switch (day) {
      case TODAY, TOMORROW -> day.key();
      case DAY_AFTER_TOMORROW -> "the day after tomorrow";
      default -> day.name().charAt(0) + day.key().substring(1);
    };
  }

  private static String ordinal(int day) {
    if (day >= 11 && day <= 13) {
      return day + "th";
    }
    return day
        + switch (day % 10) {
          case 1 -> "st";
          case 2 -> "nd";
          case 3 -> "rd";
          default -> "th";
        };
  }

  private static String words(int value) {
    if (value < SMALL.length) {
      return SMALL[value];
    }
    String tens = TENS[value / 10];
    return value % 10 == 0 ? tens : tens + " " + SMALL[value % 10];
  }
}
