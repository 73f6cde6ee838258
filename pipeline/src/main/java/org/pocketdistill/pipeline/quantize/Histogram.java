package org.pocketdistill.pipeline.quantize;

/**
 * How often values fell between edges.
 *
 * @param counts [bins]; a bin has its left edge, the last one both
 * @param edges [bins + 1], rising evenly
 */
public record Histogram(long[] counts, float[] edges) {
  /**
   * An empty histogram, its edges in fp32 as numpy's linspace has them.
   *
   * @param first edge
   * @param last edge, above it
   */
  public static Histogram empty(int bins, float first, float last) {
    float[] edges = new float[bins + 1];
    float step = (last - first) / bins;
    for (int i = 0; i < bins; i++) {
      edges[i] = i * step + first;
    }
    edges[bins] = last;
    return new Histogram(new long[bins], edges);
  }

  /** Counts a value, which must not lie outside the edges. */
  public void add(float value) {
    int last = counts.length - 1;
    double share = ((double) value - edges[0]) / ((double) edges[last + 1] - edges[0]);
    int bin = (int) Math.max(0, Math.min(last, share * counts.length));
    // The edges were rounded, so the value may lie beyond one of those next to it.
    while (bin > 0 && value < edges[bin]) {
      bin--;
    }
    while (bin < last && value >= edges[bin + 1]) {
      bin++;
    }
    counts[bin]++;
  }

  int bins() {
    return counts.length;
  }

  long total() {
    return sum(0, counts.length);
  }

  /** Sum of the counts of some bins. */
  long sum(int from, int to) {
    long sum = 0;
    for (int bin = from; bin < to; bin++) {
      sum += counts[bin];
    }
    return sum;
  }
}
