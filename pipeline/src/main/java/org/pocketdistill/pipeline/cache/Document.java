package org.pocketdistill.pipeline.cache;

import java.util.ArrayList;
import java.util.List;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.batch.TokenizedExample;

/**
 * A document of a batch.
 *
 * @param first number of its first learned position among those of the batch
 * @param learned number of its learned positions, which follow one another
 * @param tokens number of its tokens
 */
record Document(DocumentKey key, int first, int learned, int tokens) {
  /** The documents that have learned positions, in order. */
  static List<Document> of(Batch batch) {
    List<Document> documents = new ArrayList<>();
    int seen = 0;
    int end;
    for (int begin = 0; begin < batch.inputIds().length; begin = end) {
      end = end(batch, begin);
      int[] tokens = new int[end - begin];
      int learned = 0;
      for (int i = begin; i < end; i++) {
        int id = (int) batch.inputIds()[i];
        boolean isLearned = batch.targets()[i] != TokenizedExample.IGNORE_INDEX;
        tokens[i - begin] = isLearned ? id : -1 - id;
        learned += isLearned ? 1 : 0;
      }
      if (learned > 0) {
        documents.add(new Document(DocumentKey.of(tokens), seen, learned, tokens.length));
      }
      seen += learned;
    }
    return documents;
  }

  private static int end(Batch batch, int begin) {
    int row = begin / batch.length();
    int end = begin + 1;
    while (end < (row + 1) * batch.length()
        && batch.documentIds()[end] == batch.documentIds()[begin]) {
      end++;
    }
    return end;
  }
}
