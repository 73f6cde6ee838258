package org.pocketdistill.pipeline.cache;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.distill.Teacher;
import org.pocketdistill.pipeline.distill.TopKSelection;
import org.pocketdistill.pipeline.torch.Torch;

/**
 * A teacher whose lessons are kept on disk. Documents that are missing are put to the live teacher,
 * in the batch as it is, and added; what is taught is always what is kept, rounded as it is, so
 * that the first epoch and later ones agree.
 *
 * <p>Close it to let others use the cache; nothing is written then that was not flushed.
 */
public final class CachedTeacher implements Teacher, AutoCloseable {
  private final TeacherCache cache;
  private final Teacher live;
  private final TopKSelection selection;
  private final int topK;
  private long hits;
  private long misses;
  private long computed;
  private long nanos;

  private CachedTeacher(CacheHeader header, TeacherCache cache, Teacher live) {
    this.cache = cache;
    this.live = live;
    this.topK = header.topK();
    this.selection = new TopKSelection(header.temperature(), topK, header.precision());
  }

  /**
   * Opens the cache, or begins one.
   *
   * @param root folder with a folder for each header; or a cache itself, which must have this one
   * @param live asked for what is missing, for logits over the whole vocabulary
   * @throws org.pocketdistill.data.DataException if the cache has another header
   * @throws org.pocketdistill.config.ConfigException if another run uses it
   */
  public static CachedTeacher open(Path root, CacheHeader header, Teacher live) throws IOException {
    return open(root, header, live, TeacherCache.Limits.USUAL);
  }

  static CachedTeacher open(Path root, CacheHeader header, Teacher live, TeacherCache.Limits limits)
      throws IOException {
    boolean itself = root.resolve(TeacherCache.HEADER).toFile().exists();
    Path folder = itself ? root : root.resolve(header.name());
    return new CachedTeacher(header, TeacherCache.open(folder, header, limits), live);
  }

  @Override
  public Lesson lesson(NDManager scope, Batch batch, NDArray rows) {
    try {
      List<Document> documents = Document.of(batch);
      Map<DocumentKey, Entry> known = new HashMap<>();
      List<Document> missing = new ArrayList<>();
      for (Document document : documents) {
        Optional<Entry> entry = cache.find(document.key());
        entry.ifPresent(found -> known.put(document.key(), found));
        if (entry.isEmpty()) {
          missing.add(document);
        }
      }
      hits += documents.size() - missing.size();
      if (!missing.isEmpty()) {
        compute(scope, batch, rows, missing);
        for (Document document : missing) {
          known.put(document.key(), cache.find(document.key()).orElseThrow());
        }
      }
      return assemble(scope, documents, known, (int) rows.size());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void prepare(List<Batch> batches) throws IOException {
    List<Batch> incomplete = new ArrayList<>();
    for (Batch batch : batches) {
      if (Document.of(batch).stream().anyMatch(found -> !cache.contains(found.key()))) {
        incomplete.add(batch);
      }
    }
    long started = System.nanoTime();
    live.prepare(incomplete);
    nanos += System.nanoTime() - started;
  }

  /** Computes what is missing of a batch, and only that. */
  public void fill(NDManager scope, Batch batch) throws IOException {
    List<Document> documents = Document.of(batch);
    List<Document> missing =
        documents.stream().filter(document -> !cache.contains(document.key())).toList();
    hits += documents.size() - missing.size();
    if (!missing.isEmpty()) {
      long[] rows = batch.learnedPositions();
      compute(scope, batch, Torch.copyOf(scope, rows, new Shape(rows.length)), missing);
    }
  }

  private void compute(NDManager scope, Batch batch, NDArray rows, List<Document> missing)
      throws IOException {
    long started = System.nanoTime();
    try (NDManager own = scope.newSubManager()) {
      TopK top = selection.of(own, (Logits) live.lesson(own, batch, rows));
      long[] ids = top.ids().toLongArray();
      float[] logProbs = top.logProbs().toFloatArray();
      float[] logTails = top.logTail().toFloatArray();
      for (Document document : missing) {
        int begin = document.first();
        int end = begin + document.learned();
        int[] kept = new int[document.learned() * topK];
        Arrays.setAll(kept, i -> (int) ids[begin * topK + i]);
        cache.add(
            document.key(),
            new Entry(
                kept,
                Arrays.copyOfRange(logProbs, begin * topK, end * topK),
                Arrays.copyOfRange(logTails, begin, end)));
        computed += document.tokens();
      }
    }
    misses += missing.size();
    nanos += System.nanoTime() - started;
  }

  private TopK assemble(
      NDManager scope, List<Document> documents, Map<DocumentKey, Entry> known, int positions) {
    long[] ids = new long[positions * topK];
    float[] logProbs = new float[positions * topK];
    float[] logTails = new float[positions];
    for (Document document : documents) {
      Entry entry = known.get(document.key());
      int at = document.first() * topK;
      for (int i = 0; i < entry.ids().length; i++) {
        ids[at + i] = entry.ids()[i];
      }
      System.arraycopy(entry.logProbs(), 0, logProbs, at, entry.logProbs().length);
      System.arraycopy(entry.logTails(), 0, logTails, document.first(), entry.positions());
    }
    Shape shape = new Shape(positions, topK);
    return new TopK(
        Torch.copyOf(scope, ids, shape),
        Torch.copyOf(scope, logProbs, shape),
        Torch.copyOf(scope, logTails, new Shape(positions)));
  }

  @Override
  public void flush() throws IOException {
    cache.flush();
  }

  /** What is there and what was done since it was opened. */
  public CacheStatistics statistics() {
    return new CacheStatistics(
        cache.folder(),
        cache.documents(),
        cache.positions(),
        cache.bytes(),
        hits,
        misses,
        computed,
        nanos / 1e9);
  }

  @Override
  public void close() throws IOException {
    selection.close();
    cache.close();
  }
}
