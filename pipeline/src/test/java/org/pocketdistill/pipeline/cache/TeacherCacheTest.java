package org.pocketdistill.pipeline.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.torch.ComputeDtype;

class TeacherCacheTest {
  private static final CacheHeader HEADER = header("teacher", 8, 1);
  private static final int VOCABULARY = 1000;
  private static final int DOCUMENTS = 60;

  /** Some chunks, of which one is kept in memory. */
  private static final TeacherCache.Limits SMALL = new TeacherCache.Limits(3000, 4000);

  @TempDir private Path folder;

  private static CacheHeader header(String teacher, int topK, double temperature) {
    return CacheHeader.of(teacher, "tokenizer", ComputeDtype.FP32, VOCABULARY, topK, temperature);
  }

  private static Map<DocumentKey, Entry> entries(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<DocumentKey, Entry> entries = new LinkedHashMap<>();
    for (int i = 0; i < DOCUMENTS; i++) {
      DocumentKey key = DocumentKey.of(random.ints(5, 0, VOCABULARY).toArray());
      entries.put(key, RandomEntries.entry(random, VOCABULARY, 8, random.nextInt(1, 20)));
    }
    return entries;
  }

  private TeacherCache open() throws IOException {
    return TeacherCache.open(folder, HEADER, SMALL);
  }

  private Map<DocumentKey, Entry> filled(long seed) throws IOException {
    Map<DocumentKey, Entry> entries = entries(seed);
    try (TeacherCache cache = open()) {
      for (Map.Entry<DocumentKey, Entry> entry : entries.entrySet()) {
        cache.add(entry.getKey(), entry.getValue());
      }
      cache.flush();
    }
    return entries;
  }

  private List<Path> chunks() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".zst")).sorted().toList();
    }
  }

  private static void same(Entry actual, Entry expected) {
    EntryFormat format = new EntryFormat(HEADER);
    assertThat(format.encode(actual)).isEqualTo(format.encode(expected));
  }

  @Test
  void givesBackWhatItWasGivenBeforeAndAfterItIsWritten() throws IOException {
    Map<DocumentKey, Entry> entries = entries(1);
    try (TeacherCache cache = open()) {
      for (Map.Entry<DocumentKey, Entry> entry : entries.entrySet()) {
        assertThat(cache.find(entry.getKey())).isEmpty();
        cache.add(entry.getKey(), entry.getValue());
        same(cache.find(entry.getKey()).orElseThrow(), entry.getValue());
      }
      cache.flush();
      for (Map.Entry<DocumentKey, Entry> entry : entries.entrySet()) {
        same(cache.find(entry.getKey()).orElseThrow(), entry.getValue());
      }
    }
    assertThat(chunks()).hasSizeGreaterThan(3);
    try (TeacherCache cache = open()) {
      for (Map.Entry<DocumentKey, Entry> entry : entries.entrySet()) {
        same(cache.find(entry.getKey()).orElseThrow(), entry.getValue());
      }
      assertThat(cache.documents()).isEqualTo(DOCUMENTS);
      assertThat(cache.positions())
          .isEqualTo(entries.values().stream().mapToLong(Entry::positions).sum());
      long bytes = 0;
      for (Path chunk : chunks()) {
        bytes += Files.size(chunk);
      }
      assertThat(cache.bytes()).isEqualTo(bytes);
    }
  }

  @Test
  void anEntryThatIsThereStays() throws IOException {
    Map<DocumentKey, Entry> entries = filled(1);
    DocumentKey key = entries.keySet().iterator().next();
    try (TeacherCache cache = open()) {
      cache.add(key, RandomEntries.entry(new SplittableRandom(9), VOCABULARY, 8, 3));

      same(cache.find(key).orElseThrow(), entries.get(key));
    }
  }

  @Test
  void whatWasNotFlushedIsMissingAgain() throws IOException {
    DocumentKey key = DocumentKey.of(new int[] {1, 2});
    Entry entry = RandomEntries.entry(new SplittableRandom(1), VOCABULARY, 8, 3);
    try (TeacherCache cache = open()) {
      cache.add(key, entry);
    }
    try (TeacherCache cache = open()) {
      assertThat(cache.contains(key)).isFalse();
      cache.add(key, entry);
      cache.flush();
    }
    try (TeacherCache cache = open()) {
      assertThat(cache.contains(key)).isTrue();
    }
  }

  @Test
  void aFlippedBitAnywhereIsFoundAndItsDocumentsAreComputedAgain() throws IOException {
    Map<DocumentKey, Entry> entries = filled(2);
    Path chunk = chunks().get(1);
    byte[] good = Files.readAllBytes(chunk);
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 200; i++) {
      int bit = random.nextInt(8 * good.length);
      byte[] bad = good.clone();
      bad[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(chunk, bad);
      try (TeacherCache cache = open()) {
        assertThat(chunk).as("bit %d flipped", bit).doesNotExist();
        assertThat(cache.documents()).isBetween(1, DOCUMENTS - 1);
        for (Map.Entry<DocumentKey, Entry> entry : entries.entrySet()) {
          if (cache.contains(entry.getKey())) {
            same(cache.find(entry.getKey()).orElseThrow(), entry.getValue());
          }
        }
      }
    }
    Map<DocumentKey, Entry> again = filled(2);
    try (TeacherCache cache = open()) {
      assertThat(cache.documents()).isEqualTo(DOCUMENTS);
      for (Map.Entry<DocumentKey, Entry> entry : again.entrySet()) {
        same(cache.find(entry.getKey()).orElseThrow(), entry.getValue());
      }
    }
  }

  @Test
  void aCutChunkIsFound() throws IOException {
    filled(2);
    Path chunk = chunks().get(0);
    byte[] good = Files.readAllBytes(chunk);
    for (int length : new int[] {0, 1, 47, 79, 80, good.length / 2, good.length - 1}) {
      Files.write(chunk, Arrays.copyOf(good, length));
      try (TeacherCache cache = open()) {
        assertThat(chunk).as("%d bytes left", length).doesNotExist();
        assertThat(cache.documents()).isLessThan(DOCUMENTS);
      }
    }
    Files.write(chunk, Arrays.copyOf(good, good.length + 1));
    try (TeacherCache cache = open()) {
      assertThat(chunk).as("a byte too many").doesNotExist();
      assertThat(cache.documents()).isLessThan(DOCUMENTS);
    }
  }

  @Test
  void aChunkThatIsDamagedWhileTheCacheIsOpenIsFoundBeforeItIsUsed() throws IOException {
    Map<DocumentKey, Entry> entries = filled(4);
    try (TeacherCache cache = open()) {
      for (Path chunk : chunks()) {
        byte[] bytes = Files.readAllBytes(chunk);
        bytes[bytes.length / 2] ^= 1;
        Files.write(chunk, bytes);
      }
      for (DocumentKey key : entries.keySet()) {
        assertThat(cache.find(key)).isEmpty();
        assertThat(cache.contains(key)).isFalse();
      }
      assertThat(cache.documents()).isZero();
      assertThat(cache.positions()).isZero();
      assertThat(cache.bytes()).isZero();
    }
  }

  @Test
  void refusesTheCacheOfAnotherTeacherAndNamesBothValues() throws IOException {
    filled(1);
    refused(header("other", 8, 1), "teacher_sha256 teacher, expected other");
    refused(header("teacher", 4, 1), "top_k 8, expected 4");
    refused(header("teacher", 8, 2), "temperature 1.0, expected 2.0");
    refused(
        CacheHeader.of("teacher", "template", ComputeDtype.FP32, VOCABULARY, 8, 1),
        "tokenizer_sha256 tokenizer, expected template");
    refused(
        CacheHeader.of("teacher", "tokenizer", ComputeDtype.BF16, VOCABULARY, 8, 1),
        "precision FP32, expected BF16");
    refused(
        CacheHeader.of("teacher", "tokenizer", ComputeDtype.FP32, 500, 8, 1),
        "vocab_size 1000, expected 500");
    refused(
        new CacheHeader(2, "teacher", "tokenizer", ComputeDtype.FP32, VOCABULARY, 8, 1),
        "format_version 1, expected 2");
    assertThat(chunks()).as("nothing is deleted").hasSizeGreaterThan(3);
  }

  private void refused(CacheHeader wanted, String message) {
    assertThatThrownBy(() -> TeacherCache.open(folder, wanted, SMALL))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(folder.resolve("cache.json").toString())
        .hasMessageContaining(message);
  }

  @Test
  void refusesAChunkOfAnotherCacheAndLeavesIt(@TempDir Path second) throws IOException {
    filled(1);
    try (TeacherCache other = TeacherCache.open(second, header("other", 8, 1), SMALL)) {
      other.add(
          DocumentKey.of(new int[] {1}),
          RandomEntries.entry(new SplittableRandom(1), VOCABULARY, 8, 3));
      other.flush();
    }
    Path stray = folder.resolve("chunk-000099.zst");
    Files.copy(second.resolve("chunk-000000.zst"), stray);

    assertThatThrownBy(this::open)
        .isInstanceOf(DataException.class)
        .hasMessageContaining(stray + ": a chunk of another cache");
    assertThat(stray).exists();
  }

  @Test
  void refusesAHeaderThatIsNone() throws IOException {
    for (String text : List.of("", "{}", "[]", "{\"top_k\": \"many\"}", "\0\0\0\0")) {
      Files.writeString(folder.resolve("cache.json"), text);
      assertThatThrownBy(this::open)
          .as(text)
          .isInstanceOf(DataException.class)
          .hasMessageContaining("cache.json: not the header of a teacher cache");
    }
  }

  @Test
  void isUsedByOneAtATime() throws IOException {
    try (TeacherCache cache = open()) {
      assertThat(cache.documents()).isZero();
      assertThatThrownBy(this::open)
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining(folder + ": another run is using this teacher cache");
    }
    open().close();
  }

  @Test
  void removesWhatAKilledRunLeftAndNumbersOn() throws IOException {
    filled(1);
    int before = chunks().size();
    Files.writeString(folder.resolve("chunk-000077.zst.tmp"), "half");
    filled(5);
    assertThat(folder.resolve("chunk-000077.zst.tmp")).doesNotExist();
    List<String> names = new ArrayList<>();
    chunks().forEach(chunk -> names.add(chunk.getFileName().toString()));
    assertThat(names).hasSizeGreaterThan(before).contains("chunk-%06d.zst".formatted(before));
  }

  @Test
  void refusesMoreTokensThanThereAre() {
    assertThatThrownBy(() -> header("teacher", 1001, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("top_k 1001, expected at most the vocabulary's size 1000");
  }

  @Test
  void folderNamesDifferWithEveryPartOfTheHeader() {
    assertThat(
            Stream.of(
                    HEADER,
                    header("other", 8, 1),
                    header("teacher", 9, 1),
                    header("teacher", 8, 1.5),
                    CacheHeader.of("teacher", "t", ComputeDtype.FP32, VOCABULARY, 8, 1),
                    CacheHeader.of("teacher", "tokenizer", ComputeDtype.BF16, VOCABULARY, 8, 1),
                    CacheHeader.of("teacher", "tokenizer", ComputeDtype.FP32, 999, 8, 1))
                .map(CacheHeader::name)
                .distinct())
        .hasSize(7)
        .allMatch(name -> name.matches("[0-9a-f]{16}"));
  }
}
