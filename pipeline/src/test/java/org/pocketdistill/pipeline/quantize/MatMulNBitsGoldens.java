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
import java.util.Map;
import java.util.zip.GZIPInputStream;

/** What ONNX Runtime's quantizer and kernel gave; see quant/PROVENANCE.md. */
public final class MatMulNBitsGoldens {
  private static final JsonNode ROOT = read();

  private MatMulNBitsGoldens() {}

  private static JsonNode read() {
    try (InputStream in =
            MatMulNBitsGoldens.class.getResourceAsStream("/quant/matmulnbits.json.gz");
        InputStream json = new GZIPInputStream(in)) {
      return new JsonMapper().readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One matrix, quantised in one way. */
  public record Case(String name, JsonNode matrix, JsonNode node) implements RowMatrix {
    public boolean isHqq() {
      return node.path("algorithm").asText().equals("hqq");
    }

    public int bits() {
      return node.path("bits").intValue();
    }

    public int blockSize() {
      return node.path("block_size").intValue();
    }

    public boolean symmetric() {
      return node.path("symmetric").booleanValue();
    }

    /** The quantizer of this case. */
    public BlockQuantizer quantizer() {
      return isHqq()
          ? new HalfQuadratic(blockSize())
          : new RoundToNearest(new BlockFormat(bits(), blockSize()), symmetric());
    }

    @Override
    public int rows() {
      return node.path("columns").intValue();
    }

    @Override
    public int columns() {
      return matrix.path("w").path("shape").get(0).intValue();
    }

    /** MatMul's B [inputs, outputs] is the transpose of a matrix of rows = outputs. */
    @Override
    public void row(int row, float[] target) {
      ByteBuffer all = bytes(matrix.path("w"));
      int outputs = matrix.path("w").path("shape").get(1).intValue();
      for (int i = 0; i < target.length; i++) {
        target[i] = all.getFloat(4 * (i * outputs + row));
      }
    }

    public byte[] codes() {
      return bytes(node.path("B")).array();
    }

    public byte[] packedZeroPoints() {
      return bytes(node.path("zero_points")).array();
    }

    /** Numbers of this case, or of its matrix. */
    public float[] floats(String key) {
      ByteBuffer bytes = bytes(node.has(key) ? node.path(key) : matrix.path(key));
      float[] values = new float[bytes.remaining() / 4];
      bytes.asFloatBuffer().get(values);
      return values;
    }

    @Override
    public String toString() {
      return "%s, %s, %d bits, blocks of %d%s"
          .formatted(
              name,
              node.path("algorithm").asText(),
              bits(),
              blockSize(),
              symmetric() ? ", symmetric" : "");
    }
  }

  /** All cases. */
  public static List<Case> all() {
    List<Case> cases = new ArrayList<>();
    for (Map.Entry<String, JsonNode> matrix : ROOT.properties()) {
      for (JsonNode node : matrix.getValue().path("cases")) {
        cases.add(new Case(matrix.getKey(), matrix.getValue(), node));
      }
    }
    return cases;
  }

  private static ByteBuffer bytes(JsonNode array) {
    return ByteBuffer.wrap(Base64.getDecoder().decode(array.path("b64").asText()))
        .order(ByteOrder.LITTLE_ENDIAN);
  }
}
