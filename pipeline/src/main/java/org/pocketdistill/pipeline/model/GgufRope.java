package org.pocketdistill.pipeline.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.OptionalDouble;
import java.util.Set;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.gguf.GgufData;
import org.pocketdistill.pipeline.gguf.GgufFile;
import org.pocketdistill.pipeline.gguf.GgufMetadata;
import org.pocketdistill.pipeline.gguf.GgufTensor;

/**
 * How a GGUF file stretches the rotary embedding, as the {@code rope_scaling} of config.json.
 *
 * @param json holds {@code rope_theta}, {@code head_dim} and {@code max_position_embeddings}
 */
record GgufRope(GgufFile file, String architecture, ObjectNode json) {
  /** Context that Llama 3 was first trained on; the converter writes only what follows from it. */
  private static final int LLAMA3_ORIGINAL_LENGTH = 8192;

  private static final double LLAMA3_LOW_FREQ_FACTOR = 1;
  private static final double LLAMA3_HIGH_FREQ_FACTOR = 4;

  /** The converter's factors come from fp32 powers, good to about 1e-6. */
  private static final double TOLERANCE = 1e-4;

  void putScaling() throws IOException {
    RopeScaling scaling = fromMetadata();
    if (file.contains(GgufNames.ROPE_FACTORS)) {
      if (!(scaling instanceof RopeScaling.None)) {
        throw factorsRefused("together with " + key("rope.scaling.type"));
      }
      scaling = fromFactors();
    }
    if (!(scaling instanceof RopeScaling.None)) {
      scaling.write(json.putObject("rope_scaling"));
    }
  }

  private RopeScaling fromMetadata() {
    GgufMetadata metadata = file.metadata();
    OptionalDouble factor = metadata.number(key("rope.scaling.factor"));
    if (factor.isEmpty()) {
      factor = metadata.number(key("rope.scale_linear"));
    }
    String type = metadata.text(key("rope.scaling.type")).orElse("linear");
    if (type.equals("none") || (type.equals("linear") && factor.orElse(0) == 0)) {
      return new RopeScaling.None();
    }
    double stretch = positive("rope.scaling.factor", factor);
    return switch (type) {
      case "linear" -> stretch == 1 ? new RopeScaling.None() : new RopeScaling.Linear(stretch);
      case "yarn" ->
          new RopeScaling.Yarn(
              stretch,
              positive("rope.scaling.yarn_beta_fast", 32),
              positive("rope.scaling.yarn_beta_slow", 1),
              originalLength(json.get("max_position_embeddings").intValue()));
      default -> throw metadata.bad(key("rope.scaling.type"), "'none', 'linear' or 'yarn'");
    };
  }

  private double positive(String name, double fallback) {
    OptionalDouble value = file.metadata().number(key(name));
    return positive(name, value.isPresent() ? value : OptionalDouble.of(fallback));
  }

  private double positive(String name, OptionalDouble value) {
    if (value.isEmpty() || !(value.getAsDouble() > 0) || Double.isInfinite(value.getAsDouble())) {
      throw file.metadata().bad(key(name), "a number above 0");
    }
    return value.getAsDouble();
  }

  private int originalLength(int fallback) {
    String key = key("rope.scaling.original_context_length");
    long length = file.metadata().whole(key).orElse(fallback);
    if (length < 1 || length > Integer.MAX_VALUE) {
      throw file.metadata().bad(key, "a whole number from 1 to 2147483647");
    }
    return (int) length;
  }

  /** Llama 3.1's scaling, which is written only as what each frequency is divided by. */
  private RopeScaling fromFactors() throws IOException {
    GgufTensor tensor = file.tensor(GgufNames.ROPE_FACTORS);
    int headDim = json.get("head_dim").intValue();
    if (!architecture.equals("llama") || tensor.rows() != 1 || tensor.columns() != headDim / 2) {
      throw factorsRefused("of shape %s for %s".formatted(tensor.shape(), architecture));
    }
    float[] factors = new float[headDim / 2];
    try (GgufData data = file.openData()) {
      data.rows(GgufNames.ROPE_FACTORS).read(0, factors);
    }
    double[] plain = RotaryTables.plainFrequencies(headDim, json.get("rope_theta").doubleValue());
    if (divides(plain, factors, plain)) {
      return new RopeScaling.None();
    }
    Set<Integer> lengths = new LinkedHashSet<>();
    lengths.add(originalLength(LLAMA3_ORIGINAL_LENGTH));
    lengths.add(LLAMA3_ORIGINAL_LENGTH);
    for (int length : lengths) {
      RopeScaling.Llama3 scaling =
          new RopeScaling.Llama3(
              factors[factors.length - 1], LLAMA3_LOW_FREQ_FACTOR, LLAMA3_HIGH_FREQ_FACTOR, length);
      if (divides(plain, factors, RotaryTables.llama3(plain, scaling))) {
        return scaling;
      }
    }
    throw factorsRefused("that are not those of Llama 3.1's scaling");
  }

  private static boolean divides(double[] plain, float[] factors, double[] frequencies) {
    for (int j = 0; j < plain.length; j++) {
      double expected = plain[j] / frequencies[j];
      if (!(Math.abs(factors[j] - expected) <= TOLERANCE * expected)) {
        return false;
      }
    }
    return true;
  }

  private DataException factorsRefused(String what) {
    return new DataException(
        "%s: tensor '%s': factors %s, expected Llama 3.1's or none"
            .formatted(file.path(), GgufNames.ROPE_FACTORS, what));
  }

  private String key(String name) {
    return architecture + "." + name;
  }
}
