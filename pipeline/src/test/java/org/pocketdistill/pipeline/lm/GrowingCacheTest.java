package org.pocketdistill.pipeline.lm;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.lm.CausalDecoder.DecodeSession;
import org.pocketdistill.pipeline.onnx.GraphForm;
import org.pocketdistill.pipeline.onnx.OnnxExporter;

/**
 * Runs a plain graph the way transformers.js and ONNX Runtime GenAI do: a batch padded on the left,
 * an empty cache first, and what came out as the next one.
 */
class GrowingCacheTest {
  private static final int NEW_TOKENS = 10;
  private static final int PADDING = 0;
  private static final List<int[]> PROMPTS =
      List.of(new int[] {9, 80, 33, 7, 211, 46, 19, 5, 150, 31, 77}, new int[] {200, 14, 3});

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "llama_gqa,FP32",
    "mistral,FP32",
    "qwen2,FP32",
    "qwen3,FP32",
    "mistral,INT8",
    "qwen3,INT4"
  })
  void generatesWhatEachPromptGivesAlone(String checkpoint, OnnxPrecision precision)
      throws IOException, OrtException {
    Path target = folder.resolve("plain");
    OnnxExporter.export(
        Checkpoints.folder(checkpoint),
        target,
        new OnnxExporter.Options(precision, 64, Map.of())
            .with(new GraphForm.Plain(Optional.empty())),
        written -> written);

    List<List<Integer>> expected = new ArrayList<>();
    try (OrtDecoder decoder = OrtDecoder.open(target)) {
      for (int[] prompt : PROMPTS) {
        expected.add(alone(decoder, prompt));
      }
      Generation generation = new Generation(decoder.graph());
      assertThat(generation.run()).isEqualTo(expected);
    }
  }

  private static List<Integer> alone(OrtDecoder decoder, int[] prompt) {
    List<Integer> tokens = new ArrayList<>();
    try (DecodeSession session = decoder.start(List.of(prompt), NEW_TOKENS)) {
      for (int i = 0; i < NEW_TOKENS; i++) {
        tokens.add(TokenScorer.largest(session.logits()[0], 1)[0]);
        session.advance(new int[] {tokens.get(i)});
      }
    }
    return tokens;
  }

  /** Greedy generation for both prompts at once. */
  private static final class Generation {
    private final OrtSession session;
    private final OrtEnvironment environment;
    private final OrtGraph graph;
    private final int width = PROMPTS.get(0).length;

    Generation(OrtGraph graph) {
      this.graph = graph;
      this.session = graph.session();
      this.environment = graph.environment();
    }

    List<List<Integer>> run() throws OrtException {
      int rows = PROMPTS.size();
      List<List<Integer>> texts = new ArrayList<>();
      long[][] ids = new long[rows][width];
      for (int row = 0; row < rows; row++) {
        texts.add(new ArrayList<>());
        for (int i = 0; i < width; i++) {
          int at = i - padding(row);
          ids[row][i] = at < 0 ? PADDING : PROMPTS.get(row)[at];
        }
      }
      OrtSession.Result previous = null;
      for (int step = 0; step < NEW_TOKENS; step++) {
        OrtSession.Result result = run(ids, width + step, previous);
        float[][][] logits = (float[][][]) result.get("logits").orElseThrow().getValue();
        ids = new long[rows][1];
        for (int row = 0; row < rows; row++) {
          int token = TokenScorer.largest(logits[row][logits[row].length - 1], 1)[0];
          texts.get(row).add(token);
          ids[row][0] = token;
        }
        if (previous != null) {
          previous.close();
        }
        previous = result;
      }
      previous.close();
      return texts;
    }

    private int padding(int row) {
      return width - PROMPTS.get(row).length;
    }

    private OrtSession.Result run(long[][] ids, int total, OrtSession.Result previous)
        throws OrtException {
      int rows = ids.length;
      int count = ids[0].length;
      LongBuffer mask = LongBuffer.allocate(rows * total);
      LongBuffer positions = LongBuffer.allocate(rows * count);
      for (int row = 0; row < rows; row++) {
        for (int i = 0; i < total; i++) {
          mask.put(i < padding(row) ? 0 : 1);
        }
        for (int i = total - count; i < total; i++) {
          // transformers.js writes 1 where there is padding
          positions.put(i < padding(row) ? 1 : i - padding(row));
        }
      }
      Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
      inputs.put("input_ids", OnnxTensor.createTensor(environment, ids));
      inputs.put("attention_mask", longs(mask, rows, total));
      inputs.put("position_ids", longs(positions, rows, count));
      for (String name : session.getInputNames()) {
        if (name.startsWith("past_key_values")) {
          inputs.put(name, past(name, rows, previous));
        }
      }
      return session.run(inputs);
    }

    private OnnxTensor longs(LongBuffer values, int rows, int columns) throws OrtException {
      return OnnxTensor.createTensor(environment, values.flip(), new long[] {rows, columns});
    }

    private OnnxTensor past(String name, int rows, OrtSession.Result previous) throws OrtException {
      if (previous == null) {
        long[] shape = {rows, graph.config().numKeyValueHeads(), 0, graph.config().headSize()};
        return OnnxTensor.createTensor(environment, FloatBuffer.allocate(0), shape);
      }
      OnnxValue value = previous.get(name.replace("past_key_values", "present")).orElseThrow();
      return (OnnxTensor) value;
    }
  }
}
