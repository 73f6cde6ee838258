package org.pocketdistill.pipeline.lm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.eval.LanguageModel.Generation;
import org.pocketdistill.eval.LanguageModel.GenerationOptions;
import org.pocketdistill.pipeline.TinyModel;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** The penalty along a generated text, prompt included, against its formula. */
class RepetitionPenaltyTest {
  private static final String PROMPT = "call me at seven";
  private static final int TOKENS = 12;
  private static final float PENALTY = 1.5f;

  @TempDir private Path folder;

  @Test
  void coversPromptAndAnswer() throws IOException {
    try (TokenLanguageModel model =
        new LanguageModelFolder(TinyModel.write(folder)).open(ComputeDtype.FP32, 1)) {
      GenerationOptions greedy = GenerationOptions.greedy(TOKENS);
      List<Integer> promptOnly = expected(model, false);
      List<Integer> both = expected(model, true);
      Generation generation =
          model.generateUntil(List.of(PROMPT), greedy.withRepetitionPenalty(PENALTY)).get(0);

      assertThat(both).isNotEqualTo(promptOnly);
      assertThat(generation.text()).isEqualTo(text(model, both));
      assertThat(model.generateUntil(List.of(PROMPT), greedy).get(0).text())
          .isNotEqualTo(generation.text());
    }
  }

  private static String text(TokenLanguageModel model, List<Integer> tokens) {
    int[] shown = tokens.stream().takeWhile(t -> t != TinyModel.END).mapToInt(t -> t).toArray();
    return model.tokenizer().decode(shown, true);
  }

  /** Greedy decoding without a cache. */
  private static List<Integer> expected(TokenLanguageModel model, boolean answerToo) {
    List<Integer> ids = new ArrayList<>();
    for (int id : model.tokenizer().encode(PROMPT)) {
      ids.add(id);
    }
    int start = ids.size();
    Set<Integer> seen = new HashSet<>(ids);
    while (ids.size() < start + TOKENS && !ids.contains(TinyModel.END)) {
      float[][] logits = model.decoder().logits(ids.stream().mapToInt(t -> t).toArray());
      float[] last = logits[ids.size() - 1];
      int best = -1;
      float score = Float.NEGATIVE_INFINITY;
      for (int token = 0; token < last.length; token++) {
        float logit = last[token];
        if (seen.contains(token)) {
          logit = logit > 0 ? logit / PENALTY : logit * PENALTY;
        }
        if (logit > score) {
          score = logit;
          best = token;
        }
      }
      ids.add(best);
      if (answerToo) {
        seen.add(best);
      }
    }
    return ids.subList(start, ids.size());
  }
}
