package org.pocketdistill.pipeline.job;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.config.ConfigProblem;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.tokenize.HfTokenizer;

/** The models that a job is given, and whether they can be what it takes them for. */
public final class GivenModels {
  private static final String TEACHER = "teacher.path";
  private static final String STUDENT = "student.path";

  private final JobConfig job;
  private final Path file;
  private final List<ConfigProblem> problems = new ArrayList<>();

  private GivenModels(JobConfig job, Path file) {
    this.job = job;
    this.file = file;
  }

  /** The model whose tokenizer and number of ids the job takes over, if there is one. */
  static Optional<Path> tokenizerSource(JobConfig job) {
    return job.teacher().path().or(() -> job.student().path()).map(Path::of);
  }

  /**
   * Reads what is small of the given models: whether they are supported, take rows as long as the
   * job's, and have the same token ids.
   *
   * @param file of the job, for messages
   * @throws ConfigException with every problem
   */
  public static void check(JobConfig job, Path file) throws IOException {
    GivenModels given = new GivenModels(job, file);
    Optional<ModelConfig> teacher = given.model(TEACHER, job.teacher().path());
    Optional<ModelConfig> student = given.model(STUDENT, job.student().path());
    if (teacher.isPresent() && student.isPresent()) {
      given.compare(teacher.get(), student.get());
    }
    if (!given.problems.isEmpty()) {
      throw new ConfigException(file, given.problems);
    }
  }

  private Optional<ModelConfig> model(String key, Optional<String> path) throws IOException {
    if (path.isEmpty()) {
      return Optional.empty();
    }
    try {
      ModelConfig config = StoredModel.open(Path.of(path.get())).config();
      int longest = config.maxPositionEmbeddings();
      if (longest < job.data().maxSeqLen()) {
        problem(
            key,
            "the model takes %d tokens (max_position_embeddings), data.max_seq_len is %d; lower that"
                .formatted(longest, job.data().maxSeqLen()));
      }
      return Optional.of(config);
    } catch (DataException e) {
      problem(key, e.getMessage());
      return Optional.empty();
    }
  }

  private void compare(ModelConfig teacher, ModelConfig student) throws IOException {
    if (student.vocabSize() > teacher.vocabSize()) {
      problem(
          STUDENT,
          "vocab_size %d, expected at most the teacher's %d: it says nothing about the rest"
              .formatted(student.vocabSize(), teacher.vocabSize()));
    }
    try (HfTokenizer taught = tokenizer(job.teacher().path());
        HfTokenizer learned = tokenizer(job.student().path())) {
      taught
          .difference(learned)
          .ifPresent(
              difference ->
                  problem(
                      STUDENT,
                      "its tokenizer is not the teacher's: "
                          + difference
                          + "; a student learns from a teacher with the same token ids only"));
    } catch (DataException e) {
      problem(STUDENT, e.getMessage());
    }
  }

  private static HfTokenizer tokenizer(Optional<String> path) throws IOException {
    return StoredModel.open(Path.of(path.orElseThrow())).tokenizer();
  }

  private void problem(String key, String message) {
    problems.add(new ConfigProblem(file.toString(), 0, key, message));
  }
}
