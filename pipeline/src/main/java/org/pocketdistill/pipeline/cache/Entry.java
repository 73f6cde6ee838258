package org.pocketdistill.pipeline.cache;

/**
 * What the teacher said at the N learned positions of a document.
 *
 * @param ids [N · k] the most probable first
 * @param logProbs [N · k]
 * @param logTails [N] logarithm of the probability of all other tokens together
 */
record Entry(int[] ids, float[] logProbs, float[] logTails) {
  int positions() {
    return logTails.length;
  }
}
