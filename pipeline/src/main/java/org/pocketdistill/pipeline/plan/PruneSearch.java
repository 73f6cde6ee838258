package org.pocketdistill.pipeline.plan;

import java.util.List;
import org.pocketdistill.pipeline.config.PruneConfig;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.ModelSizes;
import org.pocketdistill.pipeline.prune.NamedSizes;
import org.pocketdistill.pipeline.prune.SizeSearch;

/** What a target of a job means for the sizes of a student that is cut out of its teacher. */
public final class PruneSearch {
  private static final double MEGABYTE = 1e6;

  private PruneSearch() {}

  /**
   * The search that a job asks for.
   *
   * @param teacher with the vocabulary of the student
   * @param contextLength of the exported package
   */
  public static SizeSearch of(PruneConfig prune, ModelConfig teacher, int contextLength) {
    int tokens = teacher.vocabSize();
    return prune.targetParameters().isPresent()
        ? new SizeSearch(
            prune, teacher, tokens, prune.targetParameters().get(), ModelConfig::parameters)
        : new SizeSearch(
            prune,
            teacher,
            tokens,
            (long) (prune.targetPackageMb().orElseThrow() * MEGABYTE),
            config -> new ModelBudget(config).int8PackageBytes(contextLength));
  }

  /**
   * The student to expect. A search ends with one of its candidates, which resemble each other in
   * what they cost; a vocabulary can turn out smaller, if fewer tokens are used.
   */
  static ModelConfig expected(PruneConfig prune, ModelConfig teacher, int contextLength) {
    ModelConfig whole = teacher.withVocabSize(prune.vocabSize().orElse(teacher.vocabSize()));
    if (!prune.isSearch()) {
      return whole.withSizes(NamedSizes.of(prune, whole));
    }
    SizeSearch search = of(prune, whole, contextLength);
    List<ModelSizes> candidates = search.candidates();
    return whole.withSizes(candidates.isEmpty() ? search.nearest() : candidates.get(0));
  }
}
