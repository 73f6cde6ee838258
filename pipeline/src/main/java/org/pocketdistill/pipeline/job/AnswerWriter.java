package org.pocketdistill.pipeline.job;

import java.util.ArrayList;
import java.util.List;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.Excerpt;
import org.pocketdistill.data.Reasoning;
import org.pocketdistill.eval.LanguageModel;
import org.pocketdistill.eval.LanguageModel.Generation;
import org.pocketdistill.eval.LanguageModel.GenerationOptions;
import org.pocketdistill.pipeline.config.GeneratedConfig;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.job.AnswerLog.Answer;
import org.pocketdistill.pipeline.job.AnswerLog.Chunk;

/** Lets a model answer questions and sorts its answers out. Closes the model with itself. */
final class AnswerWriter implements AutoCloseable {
  private final JobConfig job;
  private final GeneratedConfig config;
  private final LanguageModel model;
  private final RowFit fit;

  AnswerWriter(JobConfig job, PreparedData data, GeneratedConfig config, LanguageModel model) {
    this.job = job;
    this.config = config;
    this.model = model;
    this.fit = new RowFit(job, data);
  }

  /**
   * Answers to the rows of these numbers.
   *
   * @param first place of the first among all questions, by which the draws of chunks differ
   */
  Chunk write(List<Example> rows, List<Integer> numbers, int first) {
    List<String> prompts =
        numbers.stream()
            .map(rows::get)
            .map(row -> model.applyChatTemplate(Questions.question(row), row.tools()))
            .toList();
    List<Generation> written =
        model.generateUntil(prompts, options(job.seed() * 1_000_003 + first));
    Sorted sorted = new Sorted();
    for (int i = 0; i < numbers.size(); i++) {
      sort(rows.get(numbers.get(i)), numbers.get(i), written.get(i), sorted);
    }
    return new Chunk(
        numbers.size(), sorted.kept, sorted.refused, sorted.cut, sorted.unfit, sorted.example);
  }

  private GenerationOptions options(long seed) {
    return new GenerationOptions(
            config.maxNewTokens(),
            List.of(),
            config.temperature(),
            config.topK(),
            config.topP(),
            seed)
        .withRepetitionPenalty(config.repetitionPenalty());
  }

  private void sort(Example row, int number, Generation written, Sorted sorted) {
    boolean traced = job.data().reasoning() != Reasoning.STRIP;
    Answer answer = new Answer(number, written.text(), traced ? written.trace().text() : "");
    if (!written.finished() || !written.trace().closed()) {
      sorted.cut++;
      sorted.note(row, "is cut off", written);
    } else if (!new AnswerCheck(config.check()).passes(Questions.reference(row), written.text())) {
      sorted.refused++;
      sorted.note(row, "is refused", written);
    } else if (!fit.accepts(Questions.answered(row, answer))) {
      sorted.unfit++;
      sorted.note(row, "does not fit", written);
    } else {
      sorted.kept.add(answer);
    }
  }

  @Override
  public void close() {
    try (model) {
      fit.close();
    }
  }

  /** What became of the answers so far. */
  private static final class Sorted {
    private final List<Answer> kept = new ArrayList<>();
    private int refused;
    private int cut;
    private int unfit;
    private String example = "";

    void note(Example row, String what, Generation written) {
      if (example.isEmpty()) {
        example =
            "row %s: the answer '%s' %s, expected one like '%s'"
                .formatted(
                    row.id(),
                    Excerpt.of(written.text()),
                    what,
                    Excerpt.of(Questions.reference(row)));
      }
    }
  }
}
