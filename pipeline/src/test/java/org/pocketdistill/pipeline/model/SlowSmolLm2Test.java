package org.pocketdistill.pipeline.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.Shared;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Torch;
import org.pocketdistill.tokenize.HfTokenizer;

/** SmolLM2-135M-Instruct from its Q4_1 file against transformers in fp32 on the same weights. */
@Tag("slow")
class SlowSmolLm2Test {
  /** What the project promises; transformers' own kernels differ by 1e-4 among themselves. */
  private static final double LOG_PROB_TOLERANCE = 1e-3;

  /** Hidden states are rounded to six decimals; their norms grow to some hundreds. */
  private static final double HIDDEN_TOLERANCE = 1e-4;

  /** A smaller margin between the best two tokens could fall either way. */
  private static final double CLEAR_MARGIN = 5e-3;

  private static StoredModel model;
  private static Decoder decoder;

  @BeforeAll
  static void load() throws IOException {
    model = StoredModel.open(Shared.path("models/SmolLM2-135M-Instruct.Q4_1.gguf"));
    decoder = model.decoder(ComputeDtype.FP32);
  }

  @AfterAll
  static void close() {
    decoder.close();
  }

  private static JsonNode golden(String name) throws IOException {
    return new ObjectMapper().readTree(Shared.path("goldens/smollm2/" + name).toFile());
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    Arrays.setAll(values, i -> array.get(i).intValue());
    return values;
  }

  @Test
  void weightsAreTheSameBits() throws IOException, NoSuchAlgorithmException {
    for (JsonNode tensor : golden("tensors.json")) {
      String name = tensor.get("hf").textValue();
      float[] values = decoder.weights().get(name).toFloatArray();
      ByteBuffer bytes =
          ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(values);
      double sum = 0;
      for (float value : values) {
        sum += value;
      }

      assertThat(sum).as(name).isCloseTo(tensor.get("sum").doubleValue(), within(1e-6));
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes.array());
      assertThat(HexFormat.of().formatHex(hash))
          .as(name)
          .isEqualTo(tensor.get("sha256_f32_le").textValue());
    }
  }

  @Test
  void promptsHaveTheSameLogProbabilities() throws IOException {
    double largest = 0;
    for (JsonNode prompt : golden("prompts.json")) {
      int[] ids = ints(prompt.get("ids"));
      float[] logits = new RowScorer(decoder, 0).logits(ids)[ids.length - 1];
      double normalizer = logSumExp(logits);
      for (int k = 0; k < prompt.get("top20_ids").size(); k++) {
        int id = prompt.get("top20_ids").get(k).intValue();
        double expected = prompt.get("top20_logprobs").get(k).doubleValue();
        largest = Math.max(largest, Math.abs(logits[id] - normalizer - expected));
      }
    }
    report("log-probabilities of prompts", largest);
    assertThat(largest).isLessThan(LOG_PROB_TOLERANCE);
  }

  private static double logSumExp(float[] logits) {
    double top = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      top = Math.max(top, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - top);
    }
    return top + Math.log(sum);
  }

  @Test
  void hiddenStatesAreTheSame() throws IOException {
    double largest = 0;
    for (JsonNode prompt : golden("prompts.json")) {
      JsonNode expected = prompt.get("hidden_states_last_position");
      try (NDManager scope = Torch.newManager()) {
        int[] ids = ints(prompt.get("ids"));
        TokenBlock block = decoder.block(scope, row(ids));
        NDArray hidden = decoder.embed(scope, block);
        largest = Math.max(largest, difference(last(hidden, ids.length), expected.get(0)));
        for (int i = 0; i < decoder.config().numHiddenLayers(); i++) {
          hidden = decoder.layer(scope, i, hidden, block, decoder.noAdapters());
          if (i + 1 < decoder.config().numHiddenLayers()) {
            largest = Math.max(largest, difference(last(hidden, ids.length), expected.get(i + 1)));
          }
        }
        NDArray rows = Torch.copyOf(scope, new long[] {ids.length - 1}, new Shape(1));
        float[] normed = decoder.headInput(scope, hidden, rows).toFloatArray();
        largest = Math.max(largest, difference(normed, expected.get(expected.size() - 1)));
      }
    }
    report("hidden states, relative to their norm", largest);
    assertThat(largest).isLessThan(HIDDEN_TOLERANCE);
  }

  private static Batch row(int[] ids) {
    long[] inputs = Arrays.stream(ids).asLongStream().toArray();
    long[] positions = new long[ids.length];
    Arrays.setAll(positions, i -> i);
    long[] documents = new long[ids.length];
    Arrays.fill(documents, 1);
    long[] targets = new long[ids.length];
    Arrays.fill(targets, -1);
    return new Batch(1, ids.length, inputs, positions, documents, targets, 0);
  }

  private static float[] last(NDArray hidden, int tokens) {
    float[] all = hidden.toFloatArray();
    int width = all.length / tokens;
    return Arrays.copyOfRange(all, all.length - width, all.length);
  }

  private static double difference(float[] hidden, JsonNode expected) {
    double norm = expected.get("l2").doubleValue();
    double squares = 0;
    for (float value : hidden) {
      squares += (double) value * value;
    }
    double largest = Math.abs(Math.sqrt(squares) - norm);
    for (int i = 0; i < expected.get("first8").size(); i++) {
      largest =
          Math.max(largest, Math.abs(hidden[i] - expected.get("first8").get(i).doubleValue()));
    }
    return largest / norm;
  }

  @Test
  void greedyTextsAreTheSame() throws IOException {
    try (HfTokenizer tokenizer = model.tokenizer()) {
      for (JsonNode prompt : golden("prompts.json")) {
        int[] ids = ints(prompt.get("ids"));
        int[] expected = ints(prompt.get("greedy_ids"));
        assertThat(prompt.get("min_margin").doubleValue()).isGreaterThan(CLEAR_MARGIN);
        assertThat(tokenizer.encode(prompt.get("prompt").textValue())).isEqualTo(ids);

        int[] actual = new int[expected.length];
        try (KvCache cache = decoder.newCache(1, ids.length + expected.length)) {
          float[] logits = cache.start(List.of(ids))[0];
          for (int i = 0; i < expected.length; i++) {
            actual[i] = best(logits);
            logits = cache.advance(new int[] {actual[i]})[0];
          }
        }

        assertThat(actual).isEqualTo(expected);
        assertThat(tokenizer.decode(actual, false))
            .isEqualTo(prompt.get("greedy_text").textValue());
      }
    }
  }

  private static int best(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }

  @Test
  void wikitextHasTheSameLogLikelihood() throws IOException {
    JsonNode golden = golden("wikitext2_nll.json");
    int[] ids = ints(golden.get("ids"));
    List<int[]> rows =
        List.of(ids, Arrays.copyOfRange(ids, 0, 512), Arrays.copyOfRange(ids, 512, 1024));
    List<RowScorer.RowScore> scores = new RowScorer(decoder, 0).score(rows);

    JsonNode window = golden.get("one_window");
    double largest = 0;
    for (int i = 1; i < ids.length; i++) {
      double expected = window.get("nll").get(i - 1).doubleValue();
      largest = Math.max(largest, Math.abs(-scores.get(0).logProbs()[i] - expected));
    }
    report("per-token NLL of wikitext2", largest);
    assertThat(largest).isLessThan(LOG_PROB_TOLERANCE);
    double mean = window.get("mean_nll").doubleValue();
    double difference = Math.abs(nll(scores.get(0), 1) / (ids.length - 1) - mean);
    report("mean NLL of wikitext2, window of 1024", difference);
    assertThat(difference).isLessThan(1e-4 * mean);
    double secondHalves = nll(scores.get(1), 257) + nll(scores.get(2), 257);
    double perplexity =
        golden.get("llama_perplexity_convention_fp32_by_transformers").get("ppl").doubleValue();
    report("perplexity, llama.cpp's convention", Math.exp(secondHalves / 510) - perplexity);
    assertThat(Math.exp(secondHalves / 510)).isCloseTo(perplexity, within(2e-3));
  }

  private static double nll(RowScorer.RowScore score, int first) {
    return -Arrays.stream(score.logProbs()).skip(first).sum();
  }

  private static void report(String what, double difference) {
    System.out.printf("SmolLM2, %s: largest difference %.2e%n", what, difference);
  }
}
