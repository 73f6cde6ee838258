package org.pocketdistill.batch;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.sampling.PermutationSampler;
import org.apache.commons.rng.simple.RandomSource;

/**
 * Which rows stand together in an epoch, and in which order: a function of (seed, epoch) alone.
 *
 * <p>A micro-batch is an array of packs, a pack an array of row numbers. Every epoch has the same
 * number of micro-batches and holds every row once.
 */
abstract sealed class EpochOrder {
  final int[] lengths;
  final BatchOptions options;
  final int batchSize;

  private EpochOrder(int[] lengths, BatchOptions options) {
    this.lengths = lengths;
    this.options = options;
    this.batchSize = Math.min(options.batchSize(), Math.max(1, lengths.length));
  }

  static EpochOrder of(int[] lengths, BatchOptions options) {
    return options.packing() ? new Packed(lengths, options) : new Grouped(lengths, options);
  }

  /** Micro-batches of every epoch. */
  abstract int microBatches();

  /** The micro-batches of an epoch. */
  abstract int[][][] epoch(long epoch);

  final UniformRandomProvider random(long epoch) {
    // SplitMix64's increment keeps neighbouring seeds and epochs apart
    long mixed = options.seed() * 0x9E3779B97F4A7C15L + epoch;
    return RandomSource.XO_SHI_RO_256_PP.create(mixed);
  }

  final int[] shuffled(int size, UniformRandomProvider random) {
    int[] order = PermutationSampler.natural(size);
    PermutationSampler.shuffle(random, order);
    return order;
  }

  /** The rows from longest to shortest; equals stay in their order. */
  final int[] longestFirst(int[] rows) {
    return Arrays.stream(rows)
        .boxed()
        .sorted(Comparator.comparingInt((Integer row) -> lengths[row]).reversed())
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /**
   * Packs of several rows. Best fit looks at lengths only, so the packs are laid out once, in slots
   * from longest to shortest; each epoch deals rows of equal length to the slots anew and shuffles
   * the packs. Hence every epoch has the same number of packs.
   */
  private static final class Packed extends EpochOrder {
    private final int[][] slotsOfPacks;

    Packed(int[] lengths, BatchOptions options) {
      super(lengths, options);
      int[] slots = longestFirst(PermutationSampler.natural(lengths.length));
      int[] slotLengths = Arrays.stream(slots).map(row -> lengths[row]).toArray();
      this.slotsOfPacks = Packer.pack(slotLengths, options.maxSeqLen());
    }

    @Override
    int microBatches() {
      return divideUp(slotsOfPacks.length, batchSize);
    }

    @Override
    int[][][] epoch(long epoch) {
      UniformRandomProvider random = random(epoch);
      int[] rowOfSlot = longestFirst(shuffled(lengths.length, random));
      int[] packs = shuffled(slotsOfPacks.length, random);
      int[][][] batches = new int[microBatches()][][];
      for (int b = 0; b < batches.length; b++) {
        int start = b * batchSize;
        batches[b] =
            Arrays.stream(packs, start, Math.min(packs.length, start + batchSize))
                .mapToObj(pack -> rows(pack, rowOfSlot))
                .toArray(int[][]::new);
      }
      return batches;
    }

    private int[] rows(int pack, int[] rowOfSlot) {
      return Arrays.stream(slotsOfPacks[pack]).map(slot -> rowOfSlot[slot]).toArray();
    }
  }

  /**
   * One row per pack, rows of similar length together: the shuffled rows are cut into stretches of
   * {@value #STRETCH} micro-batches, each stretch is sorted by length, and the micro-batches are
   * shuffled.
   */
  private static final class Grouped extends EpochOrder {
    private static final int STRETCH = 50;

    Grouped(int[] lengths, BatchOptions options) {
      super(lengths, options);
      for (int row = 0; row < lengths.length; row++) {
        if (lengths[row] < 1 || lengths[row] > options.maxSeqLen()) {
          throw new IllegalArgumentException(
              "row %d: length %d; expected 1 to %d"
                  .formatted(row, lengths[row], options.maxSeqLen()));
        }
      }
    }

    @Override
    int microBatches() {
      return divideUp(lengths.length, batchSize);
    }

    @Override
    int[][][] epoch(long epoch) {
      UniformRandomProvider random = random(epoch);
      int[] rows = shuffled(lengths.length, random);
      int stretch = STRETCH * batchSize;
      int[] sorted =
          IntStream.range(0, divideUp(rows.length, stretch))
              .mapToObj(s -> stretch(rows, s, stretch))
              .flatMapToInt(Arrays::stream)
              .toArray();
      return Arrays.stream(shuffled(microBatches(), random))
          .mapToObj(batch -> batch(sorted, batch))
          .toArray(int[][][]::new);
    }

    private int[] stretch(int[] rows, int index, int size) {
      int start = index * size;
      return longestFirst(Arrays.copyOfRange(rows, start, Math.min(rows.length, start + size)));
    }

    private int[][] batch(int[] rows, int batch) {
      int start = batch * batchSize;
      return Arrays.stream(rows, start, Math.min(rows.length, start + batchSize))
          .mapToObj(row -> new int[] {row})
          .toArray(int[][]::new);
    }
  }

  private static int divideUp(int dividend, int divisor) {
    return (int) (((long) dividend + divisor - 1) / divisor);
  }
}
