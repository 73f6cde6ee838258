package org.pocketdistill.data.assistant;

import java.util.Locale;

/**
 * A day as people name it; which date it is depends on the day of speaking, so the call keeps the
 * name.
 */
enum Day {
  TODAY,
  TOMORROW,
  DAY_AFTER_TOMORROW,
  MONDAY,
  TUESDAY,
  WEDNESDAY,
  THURSDAY,
  FRIDAY,
  SATURDAY,
  SUNDAY;

  /** The value in calls, for example {@code monday}. */
  String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** A day of the week, as opposed to one counted from today. */
  boolean isWeekday() {
    return compareTo(MONDAY) >= 0;
  }
}
