package org.pocketdistill.data.assistant;

import java.time.Duration;
import java.time.LocalTime;
import java.time.MonthDay;
import java.util.List;

/** How a language says numbers and times: each method lists the ways, at least one. */
interface Speech {
  /** A number of 0 or more, for example "25", "twenty five". */
  List<String> numbers(int value);

  /** A percentage with its unit, for example "40 percent". */
  List<String> percentages(int value);

  /** A time that says by itself which half of the day it is in. */
  List<String> times(LocalTime time);

  /** A day and a time in one breath, for example "tomorrow morning at half past seven". */
  List<String> dayTimes(Day day, LocalTime time);

  /** A day as an adverb, for example "on Monday". */
  List<String> days(Day day);

  /** A day of the year, for example "March 5th". */
  List<String> dates(MonthDay date);

  /** A time span of whole seconds, at most two units long. */
  List<String> durations(Duration duration);
}
