package org.pocketdistill.pipeline.quantize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPInputStream;

/** What ONNX Runtime's calibrators and static quantizer gave; see quant/PROVENANCE.md. */
public final class StaticInt8Goldens {
  private static final JsonNode ROOT = read();

  private StaticInt8Goldens() {}

  private static JsonNode read() {
    try (InputStream in =
            StaticInt8Goldens.class.getResourceAsStream("/quant/static_int8.json.gz");
        InputStream json = new GZIPInputStream(in)) {
      return new JsonMapper().readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The batches that were calibrated on, each [8 × 64]. */
  public static List<float[]> batches() {
    List<float[]> batches = new ArrayList<>();
    ROOT.path("batches").forEach(batch -> batches.add(floats(batch)));
    return batches;
  }

  /** From the smallest to the largest value of all batches. */
  public static ValueRange minMax() {
    float min = Float.POSITIVE_INFINITY;
    float max = Float.NEGATIVE_INFINITY;
    for (float[] batch : batches()) {
      for (float value : batch) {
        min = Math.min(min, value);
        max = Math.max(max, value);
      }
    }
    return new ValueRange(min, max);
  }

  /** Floats of the static case: w, w2, y. */
  public static float[] floats(String name) {
    return floats(ROOT.path("static").path(name));
  }

  /** Floats that the static quantizer wrote. */
  public static float[] initializer(String name) {
    return floats(ROOT.path("static").path("initializers").path(name));
  }

  /** Codes that the static quantizer wrote. */
  public static byte[] codes(String name) {
    return bytes(ROOT.path("static").path("initializers").path(name)).array();
  }

  /** Range that a calibrator gave. */
  public record Result(JsonNode node) {
    boolean isFirst(String calibrator) {
      return node.path("calibrator").asText().startsWith(calibrator);
    }

    boolean isOfAllBatchesAtOnce() {
      return node.path("collected").asText().equals("one_collect");
    }

    /** An option, or what is taken without it. */
    double option(String name, double usual) {
      return node.path("extra_options").path(name).asDouble(usual);
    }

    float[] range() {
      JsonNode range = node.path("range");
      return new float[] {range.get(0).floatValue(), range.get(1).floatValue()};
    }

    ByteGrid grid() {
      JsonNode grid = node.path("quint8");
      return new ByteGrid(grid.path("scale").floatValue(), grid.path("zero_point").intValue());
    }

    Histogram histogram() {
      JsonNode histogram = node.path("histogram");
      long[] counts =
          StreamSupport.stream(histogram.path("counts").spliterator(), false)
              .mapToLong(JsonNode::longValue)
              .toArray();
      return new Histogram(counts, floats(histogram.path("edges")));
    }

    @Override
    public String toString() {
      return node.path("calibrator").asText() + ", " + node.path("collected").asText();
    }
  }

  /** All results. */
  public static List<Result> results() {
    List<Result> results = new ArrayList<>();
    ROOT.path("results").forEach(node -> results.add(new Result(node)));
    return results;
  }

  private static float[] floats(JsonNode array) {
    ByteBuffer bytes = bytes(array);
    float[] values = new float[bytes.remaining() / 4];
    bytes.asFloatBuffer().get(values);
    return values;
  }

  private static ByteBuffer bytes(JsonNode array) {
    return ByteBuffer.wrap(Base64.getDecoder().decode(array.path("b64").asText()))
        .order(ByteOrder.LITTLE_ENDIAN);
  }
}
