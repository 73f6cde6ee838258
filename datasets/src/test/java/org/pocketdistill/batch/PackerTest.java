package org.pocketdistill.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PackerTest {
  @Test
  void fillsTheTightestPackAsTrlDoes() {
    // TRL's documented example: lengths 4, 2, 3, 1 into packs of 4 give [4], [3, 1], [2]
    assertThat(Packer.pack(new int[] {4, 2, 3, 1}, 4))
        .isDeepEqualTo(new int[][] {{0}, {2, 3}, {1}});
  }

  @Test
  void takesTheOldestOfEquallyFullPacksAndKeepsTheOrderOfEqualRows() {
    assertThat(Packer.pack(new int[] {6, 6, 2, 2, 2}, 8))
        .isDeepEqualTo(new int[][] {{0, 2}, {1, 3}, {4}});
  }

  @Test
  void putsEveryRowIntoOnePackThatIsNotOverfull() {
    long seed = new Random().nextLong();
    System.out.println("putsEveryRowIntoOnePackThatIsNotOverfull: seed " + seed);
    Random random = new Random(seed);
    for (int run = 0; run < 50; run++) {
      int capacity = 1 + random.nextInt(100);
      int[] lengths = random.ints(random.nextInt(300), 1, capacity + 1).toArray();

      int[][] packs = Packer.pack(lengths, capacity);

      int[] rows = Arrays.stream(packs).flatMapToInt(Arrays::stream).sorted().toArray();
      assertThat(rows).containsExactly(IntStream.range(0, lengths.length).toArray());
      int[] filled =
          Arrays.stream(packs)
              .mapToInt(pack -> Arrays.stream(pack).map(row -> lengths[row]).sum())
              .sorted()
              .toArray();
      assertThat(Arrays.stream(filled)).allMatch(tokens -> tokens <= capacity);
      if (filled.length > 1) {
        assertThat(filled[0] + filled[1]).as("no two packs could be one").isGreaterThan(capacity);
      }
    }
  }

  @Test
  void refusesLengthsOutOfRange() {
    assertThatThrownBy(() -> Packer.pack(new int[] {3, 9}, 8))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("row 1: length 9; expected 1 to 8");
    assertThatThrownBy(() -> Packer.pack(new int[] {0}, 8))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("row 0: length 0; expected 1 to 8");
  }
}
