package org.pocketdistill.tokenize;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.pocketdistill.tokenize.ChatTemplate.Segment;

/**
 * A rendered conversation as token ids.
 *
 * <p>Neighbouring segments of the same kind (learned or not) are joined and encoded as one text;
 * where the kind changes, encoding starts afresh. So no token straddles the border between prompt
 * and answer, and the ids of a prompt are exactly the ids that stood before the answer in training.
 *
 * @param ids token ids
 * @param learned the positions of {@code ids} that are learned
 */
public record EncodedSegments(int[] ids, BitSet learned) {
  /** Encodes the segments, in order. */
  public static EncodedSegments encode(Tokenizer tokenizer, List<Segment> segments) {
    int[] ids = {};
    BitSet learned = new BitSet();
    for (int i = 0; i < segments.size(); ) {
      boolean isLearned = segments.get(i).learned();
      StringBuilder text = new StringBuilder();
      for (; i < segments.size() && segments.get(i).learned() == isLearned; i++) {
        text.append(segments.get(i).text());
      }
      int[] more = tokenizer.encode(text.toString());
      int start = ids.length;
      ids = Arrays.copyOf(ids, start + more.length);
      System.arraycopy(more, 0, ids, start, more.length);
      learned.set(start, ids.length, isLearned);
    }
    return new EncodedSegments(ids, learned);
  }
}
