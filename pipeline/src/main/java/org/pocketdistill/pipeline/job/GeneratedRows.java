package org.pocketdistill.pipeline.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToIntFunction;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.ExampleReader;
import org.pocketdistill.data.JsonlSource;
import org.pocketdistill.data.JsonlWriter;
import org.pocketdistill.eval.LanguageModel;
import org.pocketdistill.eval.Progress;
import org.pocketdistill.pipeline.config.GeneratedConfig;
import org.pocketdistill.pipeline.config.GeneratedConfig.Keep;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.job.AnswerLog.Answer;
import org.pocketdistill.pipeline.job.AnswerLog.Chunk;
import org.pocketdistill.pipeline.lm.LanguageModelFolder;
import org.pocketdistill.pipeline.train.StopSignal;
import org.pocketdistill.pipeline.train.TrainingException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rows to train on whose last answer the teacher wrote. What is written depends on the rows, the
 * teacher, the configuration and the seed alone, however often the work was interrupted.
 */
final class GeneratedRows {
  static final String FILE = "generated.jsonl";
  static final String PROGRESS = "generated-progress.jsonl";
  private static final Logger LOG = LoggerFactory.getLogger("distill");
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Batches between two saves; prompts of like length share one, so more of them waste less. */
  private static final int BATCHES_PER_CHUNK = 4;

  private final JobConfig job;
  private final PreparedData data;
  private final StopSignal stop;

  GeneratedRows(JobConfig job, PreparedData data, StopSignal stop) {
    this.job = job;
    this.data = data;
    this.stop = stop;
  }

  /** The rows for the student; those of the data stage where the job asks for no answers. */
  Written write(Path folder, Path teacher) throws IOException {
    Optional<GeneratedConfig> config = job.distill().generated();
    if (config.isEmpty()) {
      return new Written(data, Optional.empty());
    }
    int batch = config.get().batchSize();
    return write(
        folder,
        config.get(),
        () ->
            new LanguageModelFolder(teacher)
                .open(Training.precision(job.distill().train(), folder), batch));
  }

  /**
   * The same with any model.
   *
   * @throws DataException if no answer is kept
   * @throws TrainingException if a stop was asked for; what was written so far is kept
   */
  Written write(Path folder, GeneratedConfig config, Opener opener) throws IOException {
    List<Example> rows = new ArrayList<>();
    try (ExampleReader reader = JsonlSource.prepared(data.train()).open()) {
      reader.forEachRemaining(rows::add);
    }
    Questions questions = Questions.of(rows, config.rows(), job, data);
    List<Chunk> chunks;
    try (AnswerLog log = new AnswerLog(folder.resolve(PROGRESS))) {
      ask(questions, config, opener, log);
      chunks = log.chunks();
    }
    Map<Integer, Answer> answers = new HashMap<>();
    chunks.forEach(chunk -> chunk.kept().forEach(answer -> answers.put(answer.row(), answer)));
    requireSome(answers, config, chunks);
    Path file = folder.resolve(FILE);
    try (JsonlWriter writer = new JsonlWriter(file)) {
      for (int i = 0; i < rows.size(); i++) {
        if (config.keep() == Keep.ADD) {
          writer.write(rows.get(i));
        }
        if (answers.containsKey(i)) {
          Example row = Questions.answered(rows.get(i), answers.get(i));
          writer.write(config.keep() == Keep.ADD ? row.withId(row.id() + "-generated") : row);
        }
      }
      writer.commit();
    }
    ObjectNode counts = counts(chunks, questions.left());
    LOG.info("distill: the teacher's answers: {}", counts);
    return new Written(data.withTrain(file), Optional.of(counts));
  }

  private void ask(Questions questions, GeneratedConfig config, Opener opener, AnswerLog log)
      throws IOException {
    int done = sum(log.chunks(), Chunk::asked);
    int total = questions.numbers().size();
    if (done == total) {
      return;
    }
    if (done > 0) {
      LOG.info("distill: goes on after {} of {} answers", done, total);
    }
    Progress progress = new Progress("distill: the teacher's answers", total - done);
    int size = BATCHES_PER_CHUNK * config.batchSize();
    try (AnswerWriter writer = new AnswerWriter(job, data, config, opener.open())) {
      for (int from = done; from < total; from += size) {
        if (stop.isRequested()) {
          throw new TrainingException(
              TrainingException.Reason.STOPPED,
              "distill: stopped after %d of %d of the teacher's answers, saved in %s"
                  .formatted(from, total, PROGRESS));
        }
        List<Integer> numbers = questions.numbers().subList(from, Math.min(total, from + size));
        log.add(writer.write(questions.rows(), numbers, from));
        progress.add(numbers.size());
      }
    }
  }

  private static int sum(List<Chunk> chunks, ToIntFunction<Chunk> count) {
    return chunks.stream().mapToInt(count).sum();
  }

  private static ObjectNode counts(List<Chunk> chunks, int notAsked) {
    return JSON.createObjectNode()
        .put("asked", sum(chunks, Chunk::asked))
        .put("kept", sum(chunks, chunk -> chunk.kept().size()))
        .put("refused", sum(chunks, Chunk::refused))
        .put("budget_used_up", sum(chunks, Chunk::cut))
        .put("unfit", sum(chunks, Chunk::unfit))
        .put("not_asked", notAsked);
  }

  private static void requireSome(
      Map<Integer, Answer> answers, GeneratedConfig config, List<Chunk> chunks) {
    if (!answers.isEmpty()) {
      return;
    }
    String example =
        chunks.stream().map(Chunk::example).findFirst().orElse("no row has a question");
    throw new DataException(
        ("distill.generated: of %d answers of the teacher none can be learned: check '%s' refused %d,"
                + " %d did not end within max_new_tokens %d, %d do not fit max_seq_len; %s."
                + " Choose another check or teacher, or raise the limits")
            .formatted(
                sum(chunks, Chunk::asked),
                config.check().name().toLowerCase(Locale.ROOT),
                sum(chunks, Chunk::refused),
                sum(chunks, Chunk::cut),
                config.maxNewTokens(),
                sum(chunks, Chunk::unfit),
                example));
  }

  /**
   * What the student is trained on.
   *
   * @param counts what became of the answers, for the stage's record
   */
  record Written(PreparedData data, Optional<ObjectNode> counts) {}

  /** Loads the teacher, once there is something to ask. */
  @FunctionalInterface
  interface Opener {
    LanguageModel open() throws IOException;
  }
}
