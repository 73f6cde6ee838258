package org.pocketdistill.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many unusable lines a job puts up with, over all of its files. Shared by the sources of a
 * job; not safe for use from several threads.
 */
public final class BadLines {
  private static final Logger LOG = LoggerFactory.getLogger(BadLines.class);
  private static final int LISTED = 10;

  private final int allowed;
  private final String remedy;
  private final List<String> first = new ArrayList<>();
  private long count;

  /**
   * A policy.
   *
   * @param allowed number of lines to skip; one more ends the job
   */
  public BadLines(int allowed) {
    this(allowed, ". Mend it, or skip some with data.max_bad_lines");
  }

  /** A policy for files that no job's key speaks of: the first bad line ends the work. */
  public static BadLines none() {
    return new BadLines(0, "");
  }

  private BadLines(int allowed, String remedy) {
    if (allowed < 0) {
      throw new IllegalArgumentException("max_bad_lines must be at least 0: " + allowed);
    }
    this.allowed = allowed;
    this.remedy = remedy;
  }

  /** Number of bad lines so far. */
  public long count() {
    return count;
  }

  /**
   * Skips a line with a warning.
   *
   * @throws DataException if that is one line too many; lists the first ones
   */
  void skip(Path file, long line, String reason) {
    String problem = file + ":" + line + ": " + reason;
    count++;
    if (first.size() < LISTED) {
      first.add(problem);
    }
    if (count > allowed) {
      throw tooMany(problem);
    }
    LOG.warn("skipped {}", problem);
  }

  private DataException tooMany(String problem) {
    if (allowed == 0) {
      return new DataException(problem + remedy);
    }
    StringBuilder message =
        new StringBuilder()
            .append(count)
            .append(" bad lines, but data.max_bad_lines is ")
            .append(allowed)
            .append(count > first.size() ? "; the first and the last of them:" : ":");
    first.forEach(each -> message.append("\n  ").append(each));
    if (count > first.size()) {
      message.append("\n  … ").append(problem);
    }
    return new DataException(message.toString());
  }
}
