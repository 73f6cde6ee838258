package org.pocketdistill.data.assistant;

import java.util.List;

/**
 * What people say around one kind of phrasing: "could you …?", "…, please".
 *
 * @param mark what ends the bare phrasing in carefully written text
 * @param all every frame
 * @param open the frames that add nothing after the phrasing, for phrasings that end with free text
 */
record Frames(String mark, List<Frame> all, List<Frame> open) {
  private static final double BARE = 0.35;
  private static final double CAREFULLY_WRITTEN = 0.35;
  private static final String PLACE = "{}";

  /** Words before and after a phrasing, and the mark at the end. */
  record Frame(String before, String after, String mark) {
    /** Reads "before {} after"; a question mark at the end replaces {@code usualMark}. */
    static Frame parse(String line, String usualMark) {
      int place = line.indexOf(PLACE);
      String after = line.substring(place + PLACE.length());
      String mark = usualMark;
      if (after.endsWith("?") || after.endsWith("？")) {
        mark = after.substring(after.length() - 1);
        after = after.substring(0, after.length() - 1);
      }
      return new Frame(line.substring(0, place), after, mark);
    }
  }

  static Frames of(String mark, List<String> lines) {
    List<Frame> all = lines.stream().map(line -> Frame.parse(line, mark)).toList();
    return new Frames(mark, all, all.stream().filter(frame -> frame.after().isEmpty()).toList());
  }

  /** The utterance: the phrasing in a frame, as spoken or as carefully written. */
  String around(Rendering phrasing, Draw draw) {
    Frame frame = new Frame("", "", mark);
    if (!draw.chance(BARE)) {
      frame = draw.oneOf(phrasing.endsWithFreeText() ? open : all);
    }
    String said = frame.before() + phrasing.text() + frame.after();
    if (!draw.chance(CAREFULLY_WRITTEN)) {
      return said;
    }
    boolean startsWithValue = frame.before().isEmpty() && phrasing.startsWithSlot();
    String end = phrasing.endsWithFreeText() ? "" : frame.mark();
    return (startsWithValue ? said : capitalised(said)) + end;
  }

  private static String capitalised(String text) {
    int first = text.codePointAt(0);
    return Character.toString(Character.toUpperCase(first))
        + text.substring(Character.charCount(first));
  }
}
