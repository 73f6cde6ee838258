package org.pocketdistill.pipeline.config;

import java.io.IOException;
import java.util.Optional;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.hub.Hub;
import org.pocketdistill.pipeline.hub.LocalModel;
import org.pocketdistill.pipeline.hub.ModelLocation;

/**
 * The models that a job is given and does not make, on this machine. They are looked up once, so
 * that every stage sees the same commit of a branch that moves.
 *
 * @param teacher empty if the job trains it
 * @param student empty if it starts from random weights
 */
public record GivenModels(Optional<LocalModel> teacher, Optional<LocalModel> student) {
  /** Key of the teacher, for messages. */
  public static final String TEACHER = "teacher.path";

  /** Key of the student, for messages. */
  public static final String STUDENT = "student.path";

  /** Fetches what is not here. */
  public static GivenModels fetch(JobConfig job, Hub hub) throws IOException {
    return find(job, (key, location) -> Optional.of(location.fetch(hub)));
  }

  /** Those that are here; nothing is downloaded. */
  public static GivenModels present(JobConfig job, Hub hub) throws IOException {
    return find(job, (key, location) -> location.local(hub));
  }

  /**
   * All of them; nothing is downloaded.
   *
   * @throws DataException if one is on the hub and not in the cache
   */
  public static GivenModels required(JobConfig job, Hub hub) throws IOException {
    return find(
        job,
        (key, location) -> {
          Optional<LocalModel> found = location.local(hub);
          if (found.isEmpty()) {
            throw new DataException(
                "%s: %s is not downloaded yet, and a plan downloads nothing; 'distill run JOB.yaml --to data' fetches it"
                    .formatted(key, location));
          }
          return found;
        });
  }

  private static GivenModels find(JobConfig job, Search search) throws IOException {
    return new GivenModels(
        find(TEACHER, job.teacher().path(), search), find(STUDENT, job.student().path(), search));
  }

  private static Optional<LocalModel> find(String key, Optional<String> location, Search search)
      throws IOException {
    return location.isPresent()
        ? search.find(key, ModelLocation.parse(location.get()))
        : Optional.empty();
  }

  /** The model whose tokenizer and number of ids the job takes over, if there is one. */
  public Optional<LocalModel> tokenizerSource() {
    return teacher.or(() -> student);
  }

  @FunctionalInterface
  private interface Search {
    Optional<LocalModel> find(String key, ModelLocation location) throws IOException;
  }
}
