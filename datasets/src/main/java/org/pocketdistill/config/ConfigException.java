package org.pocketdistill.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The user's configuration is wrong. Its message holds every problem found, one a line. Ends the
 * program with exit code 2 and without a stack trace.
 */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Path file;
  private final transient List<ConfigProblem> problems;

  /** The problems of a file. */
  public ConfigException(Path file, List<ConfigProblem> problems) {
    super(problems.stream().map(ConfigProblem::toString).collect(Collectors.joining("\n")));
    this.file = file;
    this.problems = List.copyOf(problems);
  }

  /** One problem that stands in no file, for example an unknown command. */
  public ConfigException(String message) {
    super(message);
    this.file = null;
    this.problems = List.of();
  }

  /** The file that was read, where there is one. */
  public Optional<Path> file() {
    return Optional.ofNullable(file);
  }

  /** Every problem, in the order of the file; those of flags last. */
  public List<ConfigProblem> problems() {
    return problems;
  }
}
