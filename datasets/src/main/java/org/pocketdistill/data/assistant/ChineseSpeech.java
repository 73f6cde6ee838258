package org.pocketdistill.data.assistant;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalTime;
import java.time.MonthDay;
import java.util.ArrayList;
import java.util.List;

/** Spoken Mandarin in simplified characters. */
final class ChineseSpeech implements Speech {
  private static final String DIGITS = "零一二三四五六七八九";

  @Override
  public List<String> numbers(int value) {
    String digits = Integer.toString(value);
    return value < 100 ? List.of(digits, characters(value)) : List.of(digits);
  }

  @Override
  public List<String> percentages(int value) {
    return List.of(value + "%", "百分之" + value, "百分之" + characters(value));
  }

  @Override
  public List<String> times(LocalTime time) {
    int hour = time.getHour();
    int minute = time.getMinute();
    List<String> forms = new ArrayList<>();
    if (hour < 10 || hour > 12) {
      forms.add(time.toString());
    }
    if (hour > 12) {
      forms.add(hour + "点" + (minute == 0 ? "" : minute + "分"));
    }
    clockForms(time).forEach(clock -> forms.add(partOfDay(hour) + clock));
    return forms;
  }

  @Override
  public List<String> dayTimes(Day day, LocalTime time) {
    List<String> forms = new ArrayList<>();
    for (String name : days(day)) {
      times(time).forEach(said -> forms.add(name + said));
    }
    String part = partOfDay(time.getHour());
    boolean morning = part.equals("早上");
    if ((day == Day.TODAY || day == Day.TOMORROW) && (morning || part.equals("晚上"))) {
      String when = (day == Day.TODAY ? "今" : "明") + (morning ? "早" : "晚");
      clockForms(time).forEach(clock -> forms.add(when + clock));
    }
    return forms;
  }

  @Override
  public List<String> days(Day day) {
    return switch (day) {
      case TODAY -> List.of("今天");
      case TOMORROW -> List.of("明天");
      case DAY_AFTER_TOMORROW -> List.of("后天");
      case SUNDAY -> List.of("周日", "星期天", "礼拜天");
      default -> {
        String number = characters(DayOfWeek.valueOf(day.name()).getValue());
        yield List.of("周" + number, "星期" + number, "礼拜" + number);
      }
    };
  }

  @Override
  public List<String> dates(MonthDay date) {
    int month = date.getMonthValue();
    int day = date.getDayOfMonth();
    String words = characters(month) + "月" + characters(day);
    return List.of(month + "月" + day + "号", month + "月" + day + "日", words + "号", words + "日");
  }

  @Override
  public List<String> durations(Duration duration) {
    int hours = duration.toHoursPart();
    int minutes = duration.toMinutesPart();
    int seconds = duration.toSecondsPart();
    List<String> forms = new ArrayList<>();
    if (hours > 0 && minutes > 0) {
      forms.add(hours + "小时" + minutes + "分钟");
      forms.add(count(hours) + "小时" + count(minutes) + "分钟");
      if (minutes == 30) {
        forms.add(count(hours) + "个半小时");
      }
    } else if (minutes > 0 && seconds > 0) {
      forms.add(minutes + "分" + seconds + "秒");
      forms.add(count(minutes) + "分" + characters(seconds) + "秒");
      if (seconds == 30) {
        forms.add(count(minutes) + "分半钟");
      }
    } else if (hours > 0) {
      forms.addAll(List.of(hours + "小时", count(hours) + "小时", count(hours) + "个小时"));
    } else if (minutes > 0) {
      forms.addAll(List.of(minutes + "分钟", count(minutes) + "分钟"));
      if (minutes == 30) {
        forms.addAll(List.of("半小时", "半个小时"));
      } else if (minutes == 15) {
        forms.add("一刻钟");
      }
    } else {
      forms.addAll(List.of(seconds + "秒", count(seconds) + "秒钟"));
    }
    return forms;
  }

  /** Times on a twelve-hour clock, without the part of the day. */
  private static List<String> clockForms(LocalTime time) {
    int hour = time.getHour() == 0 ? 0 : (time.getHour() + 11) % 12 + 1;
    int minute = time.getMinute();
    String words = (hour == 0 ? "零" : count(hour)) + "点";
    List<String> forms = new ArrayList<>();
    if (minute == 0) {
      forms.addAll(List.of(hour + "点", words, words + "整"));
      return forms;
    }
    forms.addAll(List.of(hour + time.toString().substring(2), hour + "点" + minute + "分"));
    forms.add(words + (minute < 10 ? "零" : "") + characters(minute) + "分");
    if (minute == 30) {
      forms.add(words + "半");
    } else if (minute == 15) {
      forms.add(words + "一刻");
    } else if (minute == 45) {
      forms.add(words + "三刻");
    } else if (minute >= 10) {
      forms.add(words + characters(minute));
    }
    return forms;
  }

  private static String partOfDay(int hour) {
    if (hour < 5) {
      return "凌晨";
    }
    if (hour < 9) {
      return "早上";
    }
    if (hour < 12) {
      return "上午";
    }
    if (hour == 12) {
      return "中午";
    }
    return hour < 18 ? "下午" : "晚上";
  }

  /** A number before a measure word: two is 两 there. */
  private static String count(int value) {
    return value == 2 ? "两" : characters(value);
  }

  /** A number from 0 to 100 in characters. */
  private static String characters(int value) {
    if (value == 100) {
      return "一百";
    }
    if (value < 10) {
      return DIGITS.substring(value, value + 1);
    }
    String tens = value < 20 ? "" : characters(value / 10);
    return tens + "十" + (value % 10 == 0 ? "" : characters(value % 10));
  }
}
