package org.pocketdistill.tokenize;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.pocketdistill.data.Reasoning;
import org.pocketdistill.tokenize.ChatTemplate.Segment;

/**
 * A rendered conversation as token ids.
 *
 * <p>Neighbouring segments of the same kind (learned or not, trace or not) are joined and encoded
 * as one text; where the kind changes, encoding starts afresh. So no token straddles the border
 * between prompt and answer, and the ids of a prompt are exactly the ids that stood before the
 * answer in training.
 *
 * @param ids token ids
 * @param learned the positions of {@code ids} that are learned
 * @param reasoning the positions of {@code ids} that belong to a trace
 */
public record EncodedSegments(int[] ids, BitSet learned, BitSet reasoning) {
  /** Encodes the segments, in order. */
  public static EncodedSegments encode(Tokenizer tokenizer, List<Segment> segments) {
    int[] ids = {};
    BitSet learned = new BitSet();
    BitSet reasoning = new BitSet();
    for (int i = 0; i < segments.size(); ) {
      Segment first = segments.get(i);
      StringBuilder text = new StringBuilder();
      for (; i < segments.size() && sameKind(first, segments.get(i)); i++) {
        text.append(segments.get(i).text());
      }
      int[] more = tokenizer.encode(text.toString());
      int start = ids.length;
      ids = Arrays.copyOf(ids, start + more.length);
      System.arraycopy(more, 0, ids, start, more.length);
      learned.set(start, ids.length, first.learned());
      reasoning.set(start, ids.length, first.reasoning());
    }
    return new EncodedSegments(ids, learned, reasoning);
  }

  /** The positions that are learned under this rule for traces. */
  public BitSet learned(Reasoning rule) {
    BitSet positions = (BitSet) learned.clone();
    if (rule != Reasoning.LEARN) {
      positions.andNot(reasoning);
    }
    return positions;
  }

  private static boolean sameKind(Segment a, Segment b) {
    return a.learned() == b.learned() && a.reasoning() == b.reasoning();
  }
}
