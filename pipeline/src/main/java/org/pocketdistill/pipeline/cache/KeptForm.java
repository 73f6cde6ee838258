package org.pocketdistill.pipeline.cache;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.util.Arrays;
import org.pocketdistill.pipeline.distill.Teacher;
import org.pocketdistill.pipeline.torch.Torch;

/** A lesson with the rounding of a cache, which is what a student would be taught. */
public final class KeptForm {
  private KeptForm() {}

  /** The lesson as it comes back from a cache. */
  public static Teacher.TopK of(NDManager scope, Teacher.TopK lesson, int vocabSize) {
    long[] ids = lesson.ids().toLongArray();
    int[] narrow = new int[ids.length];
    Arrays.setAll(narrow, i -> (int) ids[i]);
    Entry entry =
        new Entry(narrow, lesson.logProbs().toFloatArray(), lesson.logTail().toFloatArray());
    Shape shape = lesson.ids().getShape();
    EntryFormat format = new EntryFormat(vocabSize, (int) shape.get(1));
    Entry kept = format.decode(format.encode(entry), 0, entry.positions(), Path.of("memory"));
    return new Teacher.TopK(
        Torch.copyOf(scope, ids, shape),
        Torch.copyOf(scope, kept.logProbs(), shape),
        Torch.copyOf(scope, kept.logTails(), new Shape(kept.positions())));
  }
}
