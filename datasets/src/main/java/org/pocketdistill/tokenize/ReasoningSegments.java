package org.pocketdistill.tokenize;

import java.util.ArrayList;
import java.util.List;
import org.pocketdistill.data.ReasoningTags;
import org.pocketdistill.tokenize.ChatTemplate.Segment;

/**
 * Tells traces apart in a rendered conversation, whatever template wrote them.
 *
 * <p>A trace goes from the opening tag to the blanks after the closing one. If a learned segment
 * has the closing tag alone, the template ended the prompt with the opening one. Empty tags are no
 * trace: that there is none is part of the answer.
 */
public final class ReasoningSegments {
  private ReasoningSegments() {}

  /** The segments, those that hold a trace cut at its ends; what is not learned stays as it is. */
  public static List<Segment> of(List<Segment> segments, ReasoningTags tags) {
    List<Segment> all = new ArrayList<>();
    for (Segment segment : segments) {
      int closing = segment.learned() ? segment.text().indexOf(tags.close()) : -1;
      if (closing < 0) {
        all.add(segment);
      } else {
        cut(segment.text(), closing, tags, all);
      }
    }
    return all;
  }

  private static void cut(String text, int closing, ReasoningTags tags, List<Segment> all) {
    int opening = text.lastIndexOf(tags.open(), closing);
    int start = Math.max(opening, 0);
    int end = closing + tags.close().length();
    while (end < text.length() && Character.isWhitespace(text.charAt(end))) {
      end++;
    }
    int inside = opening < 0 ? 0 : opening + tags.open().length();
    if (text.substring(inside, closing).isBlank()) {
      all.add(new Segment(text, true));
      return;
    }
    add(text.substring(0, start), false, all);
    add(text.substring(start, end), true, all);
    add(text.substring(end), false, all);
  }

  private static void add(String text, boolean reasoning, List<Segment> all) {
    if (!text.isEmpty()) {
      all.add(new Segment(text, true, reasoning));
    }
  }
}
