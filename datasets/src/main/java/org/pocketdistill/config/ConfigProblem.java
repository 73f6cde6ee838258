package org.pocketdistill.config;

/**
 * One thing that is wrong in a configuration.
 *
 * @param source the file, or the flag of the command line ({@code --set key=value})
 * @param line line of the file, from 1; 0 where there is none
 * @param path the key, for example {@code lora.0.train.learning_rate}; empty for the whole file
 * @param message what is wrong, what was expected
 */
public record ConfigProblem(String source, int line, String path, String message) {
  /** One line of text, as compilers write it. */
  @Override
  public String toString() {
    String where = line > 0 ? source + ":" + line : source;
    return path.isEmpty() ? where + ": " + message : where + ": " + path + ": " + message;
  }
}
