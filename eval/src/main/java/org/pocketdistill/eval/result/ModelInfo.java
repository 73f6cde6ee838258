package org.pocketdistill.eval.result;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A model that was measured.
 *
 * @param role its part in the job
 * @param name unique in a run, also the name of its folder of samples
 * @param path folder or file it was read from, relative to the run where it lies in it
 * @param parameters number of weights
 * @param bytes size on disk of what has to be shipped
 * @param runtime what ran it, for example {@code onnxruntime 1.23.2}
 * @param precision of its weights, for example {@code int8}
 */
public record ModelInfo(
    ModelRole role,
    String name,
    String path,
    long parameters,
    long bytes,
    String runtime,
    String precision) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

  public ModelInfo {
    Objects.requireNonNull(role, "role");
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "model name '" + name + "': expected letters, digits, '.', '_' and '-', 100 at most");
    }
    if (parameters < 0 || bytes < 0) {
      throw new IllegalArgumentException(
          "model " + name + ": parameters " + parameters + ", bytes " + bytes);
    }
  }
}
