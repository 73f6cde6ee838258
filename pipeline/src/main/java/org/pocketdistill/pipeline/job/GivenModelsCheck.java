package org.pocketdistill.pipeline.job;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.config.ConfigProblem;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.config.CacheConfig;
import org.pocketdistill.pipeline.config.GivenModels;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.hub.LocalModel;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.prune.NamedSizes;
import org.pocketdistill.tokenize.HfTokenizer;

/** Whether the models that a job is given can be what it takes them for. */
public final class GivenModelsCheck {
  private final JobConfig job;
  private final Path file;
  private final List<ConfigProblem> problems = new ArrayList<>();

  private GivenModelsCheck(JobConfig job, Path file) {
    this.job = job;
    this.file = file;
  }

  /**
   * Reads what is small of the given models: whether they are supported, take rows as long as the
   * job's, and have the same token ids.
   *
   * @param file of the job, for messages
   * @param given the models, as far as they are on this machine
   * @throws ConfigException with every problem
   */
  public static void check(JobConfig job, Path file, GivenModels given) throws IOException {
    GivenModelsCheck check = new GivenModelsCheck(job, file);
    Optional<StoredModel> teacher = check.model(GivenModels.TEACHER, given.teacher());
    Optional<StoredModel> student = check.model(GivenModels.STUDENT, given.student());
    if (teacher.isPresent() && job.student().prune().isPresent()) {
      NamedSizes.problems(job.student().prune().get(), teacher.get().config())
          .forEach((key, message) -> check.problem("student.prune." + key, message));
    }
    if (teacher.isPresent() && student.isPresent()) {
      check.compare(teacher.get(), student.get());
    }
    check.cache(student.or(() -> teacher));
    if (!check.problems.isEmpty()) {
      throw new ConfigException(file, check.problems);
    }
  }

  private Optional<StoredModel> model(String key, Optional<LocalModel> given) throws IOException {
    if (given.isEmpty()) {
      return Optional.empty();
    }
    try {
      StoredModel model = StoredModel.open(given.get().path());
      int longest = model.config().maxPositionEmbeddings();
      if (longest < job.data().maxSeqLen()) {
        problem(
            key,
            "the model takes %d tokens (max_position_embeddings), data.max_seq_len is %d; lower that"
                .formatted(longest, job.data().maxSeqLen()));
      }
      return Optional.of(model);
    } catch (DataException e) {
      problem(key, e.getMessage());
      return Optional.empty();
    }
  }

  private void compare(StoredModel teacher, StoredModel student) throws IOException {
    int most = teacher.config().vocabSize();
    if (student.config().vocabSize() > most) {
      problem(
          GivenModels.STUDENT,
          "vocab_size %d, expected at most the teacher's %d: it says nothing about the rest"
              .formatted(student.config().vocabSize(), most));
    }
    try (HfTokenizer taught = teacher.tokenizer();
        HfTokenizer learned = student.tokenizer()) {
      if (taught.difference(learned).isPresent()) {
        subset(student, taught, learned);
      }
    } catch (DataException e) {
      problem(GivenModels.STUDENT, e.getMessage());
    }
  }

  /** The teacher's distributions can be taken on some of its tokens, but on no others. */
  private void subset(StoredModel student, HfTokenizer taught, HfTokenizer learned) {
    try {
      learned.idsIn(taught);
    } catch (DataException e) {
      problem(
          GivenModels.STUDENT, "its vocabulary is not part of the teacher's: " + e.getMessage());
      return;
    }
    if (!Files.isDirectory(student.path()) || student.config().vocabSize() != learned.vocabSize()) {
      problem(
          GivenModels.STUDENT,
          "its tokens are some of the teacher's, expected a Hugging Face folder with one row of the embedding for each of its %d tokens, found vocab_size %d"
              .formatted(learned.vocabSize(), student.config().vocabSize()));
    }
  }

  private void cache(Optional<StoredModel> model) {
    int topK = job.distill().cache().map(CacheConfig::topK).orElse(0);
    if (model.isPresent() && topK > model.get().config().vocabSize()) {
      problem(
          "distill.cache.top_k",
          "%d tokens of a vocabulary of %d; lower it"
              .formatted(topK, model.get().config().vocabSize()));
    }
  }

  private void problem(String key, String message) {
    problems.add(new ConfigProblem(file.toString(), 0, key, message));
  }
}
