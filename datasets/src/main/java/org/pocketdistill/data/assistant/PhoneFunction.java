package org.pocketdistill.data.assistant;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.pocketdistill.config.Nearest;
import org.pocketdistill.data.DataException;

/**
 * What the assistant can answer with. The arguments stand in the order in which every call writes
 * them; an argument that was not said is left out.
 */
enum PhoneFunction {
  /** {@code time} HH:MM, {@code day} as in {@link Day}, {@code label} as said. */
  SET_ALARM("time", "day", "label"),
  /** {@code duration} as 45s, 10m, 2m30s, 1h30m. */
  SET_TIMER("duration", "label"),
  /** {@code type}: mobile, home, work, video. */
  CALL_CONTACT("contact", "type"),
  SEND_MESSAGE("contact", "app", "text"),
  /** {@code mode}: driving, walking, cycling, transit. */
  NAVIGATE("place", "mode"),
  GET_WEATHER("place", "day"),
  PLAY_MUSIC("song", "artist", "genre", "playlist", "app"),
  /** {@code value}: on, off, up, down or a percentage. */
  SET_SETTING("setting", "value"),
  /** {@code day}: as in {@link Day}, or a date MM-DD. */
  CREATE_EVENT("title", "day", "time"),
  CREATE_NOTE("text"),
  ADD_REMINDER("text", "day", "time"),
  OPEN_APP("app", "page"),
  WEB_SEARCH("query", "site"),
  /** {@code to}: ISO 639-1 code. */
  TRANSLATE("text", "to"),
  CONVERT_UNIT("value", "from", "to"),
  /** {@code op}: + - * / and % for "a percent of b". */
  CALCULATE("a", "op", "b"),
  /** {@code value}: on, off, open, close, degrees or a percentage. */
  CONTROL_DEVICE("device", "room", "value"),
  ADD_TO_LIST("item", "list"),
  /** What no phone can do. */
  REFUSE("reason");

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of
  private final List<String> arguments;

  PhoneFunction(String... arguments) {
    this.arguments = List.of(arguments);
  }

  List<String> arguments() {
    return arguments;
  }

  /** The functions of these names, all of them if there is none. */
  static List<PhoneFunction> named(List<String> names) {
    if (names.isEmpty()) {
      return List.of(values());
    }
    List<String> known = Arrays.stream(values()).map(PhoneFunction::key).toList();
    for (String name : names) {
      if (!known.contains(name)) {
        throw new DataException(
            "generator: functions: '" + name + "', " + Nearest.hint(name, known));
      }
    }
    return Arrays.stream(values()).filter(function -> names.contains(function.key())).toList();
  }

  /** The name in calls and resources, for example {@code set_alarm}. */
  String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
