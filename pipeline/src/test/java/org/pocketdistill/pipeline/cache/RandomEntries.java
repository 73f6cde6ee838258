package org.pocketdistill.pipeline.cache;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Entries as teachers could give them. */
final class RandomEntries {
  private RandomEntries() {}

  static Entry entry(SplittableRandom random, int vocabSize, int topK, int positions) {
    int[] ids = random.ints((long) positions * topK, 0, vocabSize).toArray();
    ids[0] = vocabSize - 1;
    float[] logProbs = new float[positions * topK];
    float[] logTails = new float[positions];
    for (int i = 0; i < positions; i++) {
      float[] falling = new float[topK];
      for (int j = 0; j < topK; j++) {
        falling[j] = (float) (random.nextDouble() * random.nextInt(1, 60));
      }
      Arrays.sort(falling);
      for (int j = 0; j < topK; j++) {
        logProbs[i * topK + j] = -falling[j];
      }
      logTails[i] = (float) Math.log(random.nextDouble());
    }
    return new Entry(ids, logProbs, logTails);
  }
}
