package org.pocketdistill.pipeline.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.pocketdistill.data.DataException;

class Int8RowsTest {
  @Test
  void givesTheBitsOfOnnxRuntimesQuantizer() throws IOException {
    JsonNode golden;
    try (InputStream in = Int8RowsTest.class.getResourceAsStream("/quant/per_channel_int8.json")) {
      golden = new JsonMapper().readTree(in);
    }
    int inputs = golden.path("rows").intValue();
    int outputs = golden.path("columns").intValue();
    float[] weights = floats(golden.path("w"));
    byte[] codes = bytes(golden.path("w_quantized")).array();
    // MatMul's B [inputs, outputs] is the transpose of a matrix of rows = outputs.
    WeightMatrix matrix =
        new WeightMatrix.View(
            "w",
            outputs,
            inputs,
            (row, target) -> {
              for (int i = 0; i < inputs; i++) {
                target[i] = weights[i * outputs + row];
              }
            });

    Int8Rows rows = Int8Rows.of(matrix);

    assertThat(rows.scales()).containsExactly(floats(golden.path("w_scale")));
    for (int i = 0; i < weights.length; i++) {
      assertThat(rows.quantize(i % outputs, weights[i])).as("element %d", i).isEqualTo(codes[i]);
    }
  }

  @Test
  void refusesWeightsThatAreNotFinite() {
    WeightMatrix matrix =
        new WeightMatrix.View("model.norm", 3, 1, (row, target) -> target[0] = 1f / (2 - row));

    assertThatThrownBy(() -> Int8Rows.of(matrix))
        .isInstanceOf(DataException.class)
        .hasMessage("tensor 'model.norm': row 2 holds Infinity, expected finite numbers");
  }

  private static float[] floats(JsonNode base64) {
    ByteBuffer bytes = bytes(base64);
    float[] values = new float[bytes.remaining() / 4];
    bytes.asFloatBuffer().get(values);
    return values;
  }

  private static ByteBuffer bytes(JsonNode base64) {
    return ByteBuffer.wrap(Base64.getDecoder().decode(base64.asText()))
        .order(ByteOrder.LITTLE_ENDIAN);
  }
}
