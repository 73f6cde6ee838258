package org.pocketdistill.pipeline.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * How fast this machine reads its memory: every thread sums an array of its own that no cache
 * holds, as a decoding step reads every weight once.
 */
final class MemoryBandwidth {
  /** Of all threads together: 512 MB. */
  private static final int LONGS = 1 << 26;

  private static final int PASSES = 6;

  private MemoryBandwidth() {}

  /** GB/s (10^9 bytes) of the fastest of some passes. */
  static double gigabytesPerSecond(int threads) {
    return gigabytesPerSecond(threads, Math.max(1, LONGS / threads), PASSES);
  }

  static double gigabytesPerSecond(int threads, int longs, int passes) {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<long[]> arrays = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        arrays.add(new long[longs]);
      }
      long fastest = Long.MAX_VALUE;
      for (int pass = 0; pass < passes; pass++) {
        fastest = Math.min(fastest, nanos(pool, arrays));
      }
      return (double) Long.BYTES * longs * threads / fastest;
    } finally {
      pool.shutdownNow();
    }
  }

  /** Nanoseconds of one pass; bytes per nanosecond are GB/s. */
  private static long nanos(ExecutorService pool, List<long[]> arrays) {
    long started = System.nanoTime();
    List<Future<Long>> sums = arrays.stream().map(a -> pool.submit(() -> sum(a))).toList();
    long total = 0;
    try {
      for (Future<Long> sum : sums) {
        total += sum.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while measuring the memory", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("measuring the memory", e);
    }
    if (total != 0) {
      throw new IllegalStateException("zeros add up to " + total);
    }
    return Math.max(1, System.nanoTime() - started);
  }

  /** Four sums, so that an addition does not wait for the one before it. */
  private static long sum(long[] values) {
    long a = 0;
    long b = 0;
    long c = 0;
    long d = 0;
    for (int i = 0; i + 3 < values.length; i += 4) {
      a += values[i];
      b += values[i + 1];
      c += values[i + 2];
      d += values[i + 3];
    }
    return a + b + c + d;
  }
}
