package org.pocketdistill.pipeline.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.data.DataException;

class EntryFormatTest {
  /** fp16 has 11 significant bits. */
  private static final double HALF = Math.pow(2, -11);

  @ParameterizedTest
  @CsvSource({
    "2, 1, 3",
    "2, 2, 3",
    "37, 5, 1",
    "256, 8, 7",
    "257, 8, 7",
    "49152, 64, 11",
    "65536, 33, 5",
    "65537, 33, 5",
    "2000000000, 3, 9"
  })
  void whatIsReadIsWhatWasWritten(int vocabSize, int topK, int positions) {
    EntryFormat format = new EntryFormat(vocabSize, topK);
    Entry entry = RandomEntries.entry(new SplittableRandom(topK), vocabSize, topK, positions);

    byte[] bytes = format.encode(entry);
    byte[] amongOthers = new byte[bytes.length + 9];
    System.arraycopy(bytes, 0, amongOthers, 5, bytes.length);
    Entry found = format.decode(amongOthers, 5, positions, Path.of("chunk"));

    assertThat(bytes).hasSize(Math.toIntExact(format.bytes(positions)));
    assertThat(found.ids()).isEqualTo(entry.ids());
    assertThat(found.logTails()).isEqualTo(entry.logTails());
    for (int i = 0; i < entry.logProbs().length; i++) {
      float expected = entry.logProbs()[i];
      assertThat((double) found.logProbs()[i])
          .as("log-probability %d of seed %d", i, topK)
          .isCloseTo(expected, within(HALF * Math.abs(expected)));
    }
    assertThat(format.encode(found)).as("rounding once is enough").isEqualTo(bytes);
  }

  @Test
  void takesAsFewBitsAsTheVocabularyNeeds() {
    assertThat(new EntryFormat(49152, 64).bytes(1)).isEqualTo(64 * 16 / 8 + 64 * 2 + 4);
    assertThat(new EntryFormat(32000, 64).bytes(1)).isEqualTo(64 * 15 / 8 + 64 * 2 + 4);
    assertThat(new EntryFormat(65536, 1).bytes(3)).isEqualTo(3 * (2 + 2 + 4));
    assertThat(new EntryFormat(65537, 1).bytes(8)).isEqualTo(17 + 8 * (2 + 4));
  }

  @Test
  void refusesAnIdBeyondTheVocabulary() {
    byte[] bytes =
        new EntryFormat(64, 1).encode(new Entry(new int[] {63}, new float[1], new float[1]));

    assertThatThrownBy(() -> new EntryFormat(40, 1).decode(bytes, 0, 1, Path.of("chunk-1.zst")))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("chunk-1.zst: token id 63, expected less than 40");
  }
}
