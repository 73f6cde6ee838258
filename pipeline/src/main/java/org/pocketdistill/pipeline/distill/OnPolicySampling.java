package org.pocketdistill.pipeline.distill;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.WeakHashMap;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.batch.TokenizedExample;
import org.pocketdistill.eval.LanguageModel.GenerationOptions;
import org.pocketdistill.pipeline.config.OnPolicyConfig;
import org.pocketdistill.pipeline.lm.CausalDecoder;
import org.pocketdistill.pipeline.lm.CausalDecoder.DecodeSession;
import org.pocketdistill.pipeline.lm.Sampler;
import org.pocketdistill.pipeline.train.BatchSource;

/**
 * Micro-batches whose answers the student has just written (GKD, arXiv 2306.13649). Which ones
 * depends on the seed and the number alone; what is written also on the student's weights. So a
 * training that goes on sees the same batches as one that never stopped.
 */
public final class OnPolicySampling {
  private static final int LENGTH_STEP = 8;

  private final OnPolicyConfig config;
  private final CausalDecoder student;
  private final Set<Integer> ends;
  private final long seed;
  private final Set<Batch> sampled = Collections.newSetFromMap(new WeakHashMap<>());

  /**
   * A student that writes.
   *
   * @param student with its weights of the moment
   * @param ends ids that end an answer
   */
  public OnPolicySampling(
      OnPolicyConfig config, CausalDecoder student, List<Integer> ends, long seed) {
    this.config = config;
    this.student = student;
    this.ends = Set.copyOf(ends);
    this.seed = seed;
  }

  /** The same batches, some of them with answers of the student. */
  public BatchSource over(BatchSource source) {
    return number -> isOnPolicy(number) ? sample(source.get(number), number) : source.get(number);
  }

  /** Whether the student wrote the answers of this batch. */
  boolean isSampled(Batch batch) {
    return sampled.contains(batch);
  }

  private boolean isOnPolicy(long number) {
    return new SplittableRandom(~(seed * 1_000_003 + number)).nextDouble() < config.lambda();
  }

  /** Share of the first micro-batches whose answers the student writes. */
  public double share(long microBatches) {
    long own = 0;
    for (long number = 0; number < microBatches; number++) {
      own += isOnPolicy(number) ? 1 : 0;
    }
    return microBatches == 0 ? 0 : (double) own / microBatches;
  }

  private Batch sample(Batch batch, long number) {
    List<int[]> prompts = affordable(batch, prompts(batch));
    if (prompts.isEmpty()) {
      return batch; // no question leaves room for an answer
    }
    int longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
    int room = Math.min(config.maxNewTokens(), student.contextLength() - longest);
    GenerationOptions options =
        new GenerationOptions(
            room,
            List.of(),
            config.temperature(),
            0,
            config.topP(),
            (seed * 1_000_003 + number) * batch.inputIds().length);
    Batch own = assemble(prompts, answers(prompts, options));
    sampled.add(own);
    return own;
  }

  /** Of each document what stands before its first learned token. */
  private static List<int[]> prompts(Batch batch) {
    List<int[]> prompts = new ArrayList<>();
    for (int row = 0; row < batch.rows(); row++) {
      int end = (row + 1) * batch.length();
      int start = row * batch.length();
      long answered = 0;
      for (int i = start; i < end; i++) {
        if (batch.positionIds()[i] == 0) {
          start = i;
        }
        boolean first = batch.documentIds()[i] != answered;
        if (first && batch.targets()[i] != TokenizedExample.IGNORE_INDEX) {
          answered = batch.documentIds()[i];
          long[] ids = Arrays.copyOfRange(batch.inputIds(), start, i + 1);
          prompts.add(Arrays.stream(ids).mapToInt(Math::toIntExact).toArray());
        }
      }
    }
    return prompts;
  }

  /**
   * The first prompts that, each in a row of its own with its answer, are no more tokens than the
   * batch had; one at least. Memory grows with tokens.
   */
  private List<int[]> affordable(Batch batch, List<int[]> prompts) {
    List<int[]> kept = new ArrayList<>();
    long longest = 0;
    for (int[] prompt : prompts) {
      long length = Math.max(longest, prompt.length);
      boolean fits = prompt.length < student.contextLength();
      long tokens = (kept.size() + 1) * rounded(length + config.maxNewTokens());
      if (fits && (kept.isEmpty() || tokens <= batch.inputIds().length)) {
        kept.add(prompt);
        longest = length;
      }
    }
    return kept;
  }

  /** Up to the first end token, that included. */
  private List<List<Integer>> answers(List<int[]> prompts, GenerationOptions options) {
    List<List<Integer>> answers = new ArrayList<>();
    List<Sampler> samplers = new ArrayList<>();
    for (int row = 0; row < prompts.size(); row++) {
      answers.add(new ArrayList<>());
      samplers.add(new Sampler(options, row));
    }
    try (DecodeSession session = student.start(prompts, options.maxNewTokens())) {
      int[] next = new int[prompts.size()];
      boolean open = true;
      while (open) {
        open = false;
        for (int row = 0; row < next.length; row++) {
          List<Integer> answer = answers.get(row);
          if (!isOver(answer, options)) {
            next[row] = samplers.get(row).next(session.logits()[row]);
            answer.add(next[row]);
            open |= !isOver(answer, options);
          }
        }
        if (open) {
          session.advance(next); // what an ended row is continued with counts no more
        }
      }
    }
    return answers;
  }

  private boolean isOver(List<Integer> answer, GenerationOptions options) {
    return !answer.isEmpty()
        && (answer.size() == options.maxNewTokens()
            || ends.contains(answer.get(answer.size() - 1)));
  }

  private static long rounded(long length) {
    return (length + LENGTH_STEP - 1) / LENGTH_STEP * LENGTH_STEP;
  }

  private static Batch assemble(List<int[]> prompts, List<List<Integer>> answers) {
    int rows = prompts.size();
    int longest = 0;
    int learned = 0;
    for (int row = 0; row < rows; row++) {
      longest = Math.max(longest, prompts.get(row).length + answers.get(row).size());
      learned += answers.get(row).size();
    }
    int length = Math.toIntExact(rounded(longest));
    int size = rows * length;
    Batch batch =
        new Batch(
            rows, length, new long[size], new long[size], new long[size], new long[size], learned);
    Arrays.fill(batch.targets(), TokenizedExample.IGNORE_INDEX);
    for (int row = 0; row < rows; row++) {
      int[] prompt = prompts.get(row);
      List<Integer> answer = answers.get(row);
      for (int i = 0; i < prompt.length + answer.size(); i++) {
        int at = row * length + i;
        int answered = i - prompt.length;
        batch.inputIds()[at] = answered < 0 ? prompt[i] : answer.get(answered);
        batch.positionIds()[at] = i;
        batch.documentIds()[at] = 1;
        if (answered >= 0) {
          batch.targets()[at - 1] = answer.get(answered);
        }
      }
    }
    return batch;
  }
}
