package org.pocketdistill.pipeline.cache;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.batch.BatchOptions;
import org.pocketdistill.batch.Batches;
import org.pocketdistill.pipeline.distill.LiveTeacher;
import org.pocketdistill.pipeline.distill.RandomTokens;
import org.pocketdistill.pipeline.distill.Teacher;
import org.pocketdistill.pipeline.distill.Teacher.TopK;
import org.pocketdistill.pipeline.distill.TopKSelection;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.GoldenCheckpoint;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Torch;

class CachedTeacherTest {
  private static final int VOCABULARY = 256;
  private static final int K = 6;
  private static final double TEMPERATURE = 2;
  private static final int ROWS = 20;
  private static final TeacherCache.Limits SMALL = new TeacherCache.Limits(2000, 5000);

  private final Decoder decoder = GoldenCheckpoint.open("qwen3").decoder();

  @TempDir private Path folder;

  @AfterEach
  void close() {
    decoder.close();
  }

  private static CacheHeader header(int topK) {
    return CacheHeader.of("t", "t", ComputeDtype.FP32, VOCABULARY, topK, TEMPERATURE);
  }

  private CachedTeacher open(Teacher live) throws IOException {
    return CachedTeacher.open(folder, header(K), live, SMALL);
  }

  private static List<Batch> epoch(boolean packing, long seed) {
    Batches batches =
        new Batches(
            RandomTokens.rows(4, ROWS, 30, VOCABULARY), new BatchOptions(3, 64, packing, seed));
    List<Batch> epoch = new ArrayList<>();
    for (int i = 0; i < batches.microBatchesPerEpoch(); i++) {
      epoch.add(batches.get(i));
    }
    return epoch;
  }

  private static TopK lesson(NDManager scope, Teacher teacher, Batch batch) {
    long[] rows = batch.learnedPositions();
    NDArray at = Torch.copyOf(scope, rows, new Shape(rows.length));
    return (TopK) teacher.lesson(scope, batch, at);
  }

  private static Teacher nobody() {
    return (scope, batch, rows) -> {
      throw new AssertionError("the live teacher was asked");
    };
  }

  private static void same(TopK actual, TopK expected) {
    assertThat(actual.ids().toLongArray()).isEqualTo(expected.ids().toLongArray());
    assertThat(actual.logProbs().toFloatArray()).isEqualTo(expected.logProbs().toFloatArray());
    assertThat(actual.logTail().toFloatArray()).isEqualTo(expected.logTail().toFloatArray());
  }

  @Test
  void teachesWhatTheLiveTeacherSaysAsItIsKept() throws IOException {
    LiveTeacher live = new LiveTeacher(decoder);
    try (NDManager scope = Torch.newManager();
        TopKSelection selection = new TopKSelection(TEMPERATURE, K, ComputeDtype.FP32);
        CachedTeacher cached = open(live)) {
      for (Batch batch : epoch(true, 1)) {
        NDArray rows =
            Torch.copyOf(
                scope, batch.learnedPositions(), new Shape(batch.learnedPositions().length));
        TopK top = selection.of(scope, (Teacher.Logits) live.lesson(scope, batch, rows));

        TopK kept = lesson(scope, cached, batch);

        same(kept, KeptForm.of(scope, top, VOCABULARY));
        assertThat(kept.ids().getShape()).isEqualTo(new Shape(batch.learnedTokens(), K));
      }
      assertThat(cached.statistics().hits()).isZero();
      assertThat(cached.statistics().misses()).isEqualTo(ROWS);
    }
  }

  @Test
  void asksTheLiveTeacherOncePerDocumentWhateverTheBatch() throws IOException {
    List<TopK> first = new ArrayList<>();
    try (NDManager scope = Torch.newManager()) {
      try (CachedTeacher cached = open(new LiveTeacher(decoder))) {
        for (Batch batch : epoch(true, 1)) {
          first.add(lesson(scope, cached, batch));
        }
        cached.flush();
      }
      try (CachedTeacher cached = open(nobody())) {
        for (int i = 0; i < first.size(); i++) {
          same(lesson(scope, cached, epoch(true, 1).get(i)), first.get(i));
        }
        for (Batch batch : epoch(true, 2)) {
          lesson(scope, cached, batch);
        }
        for (Batch batch : epoch(false, 3)) {
          lesson(scope, cached, batch);
        }
        CacheStatistics statistics = cached.statistics();
        assertThat(statistics.hitRate()).isEqualTo(1);
        assertThat(statistics.hits()).isEqualTo(3 * ROWS);
        assertThat(statistics.computedTokens()).isZero();
        assertThat(statistics.documents()).isEqualTo(ROWS);
      }
    }
  }

  @Test
  void fillsAheadWithTheBitsOfTheFirstEpoch(@TempDir Path other) throws IOException {
    LiveTeacher live = new LiveTeacher(decoder);
    try (NDManager scope = Torch.newManager()) {
      try (CachedTeacher ahead = CachedTeacher.open(other, header(K), live, SMALL)) {
        for (Batch batch : epoch(true, 1)) {
          ahead.fill(scope, batch);
        }
        ahead.flush();
        assertThat(ahead.statistics().misses()).isEqualTo(ROWS);
      }
      try (CachedTeacher ahead = CachedTeacher.open(other, header(K), nobody(), SMALL);
          CachedTeacher beside = open(live)) {
        for (Batch batch : epoch(true, 1)) {
          same(lesson(scope, ahead, batch), lesson(scope, beside, batch));
        }
      }
    }
  }

  @Test
  void computesAgainWhatADamagedChunkHeld() throws IOException {
    List<TopK> first = new ArrayList<>();
    try (NDManager scope = Torch.newManager()) {
      try (CachedTeacher cached = open(new LiveTeacher(decoder))) {
        for (Batch batch : epoch(true, 1)) {
          first.add(lesson(scope, cached, batch));
        }
        cached.flush();
      }
      Path chunk = chunks().get(0);
      byte[] bytes = Files.readAllBytes(chunk);
      bytes[bytes.length - 3] ^= 4;
      Files.write(chunk, bytes);
      try (CachedTeacher cached = open(new LiveTeacher(decoder))) {
        for (int i = 0; i < first.size(); i++) {
          same(lesson(scope, cached, epoch(true, 1).get(i)), first.get(i));
        }
        assertThat(cached.statistics().misses()).isBetween(1L, ROWS - 1L);
        assertThat(cached.statistics().documents()).isEqualTo(ROWS);
      }
    }
  }

  private List<Path> chunks() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".zst")).sorted().toList();
    }
  }

  @Test
  void keepsCachesOfDifferentHeadersApartAndTakesOneThatIsNamed() throws IOException {
    try (CachedTeacher six = open(nobody());
        CachedTeacher seven = CachedTeacher.open(folder, header(7), nobody(), SMALL)) {
      assertThat(six.statistics().folder().getParent()).isEqualTo(folder);
      assertThat(seven.statistics().folder()).isNotEqualTo(six.statistics().folder());
    }
    Path itself = folder.resolve(header(7).name());
    try (CachedTeacher seven = CachedTeacher.open(itself, header(7), nobody(), SMALL)) {
      assertThat(seven.statistics().folder()).isEqualTo(itself);
    }
  }
}
