package org.pocketdistill.pipeline.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.Shared;
import org.pocketdistill.pipeline.gguf.GgufFile;
import org.pocketdistill.pipeline.gguf.GgufFileType;
import org.pocketdistill.pipeline.gguf.GgufTensor;
import org.pocketdistill.pipeline.gguf.TensorType;
import org.pocketdistill.pipeline.safetensors.Dtype;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.tokenize.HfTokenizer;

/** SmolLM2-135M-Instruct, whose Q4_1 file llama-quantize wrote, written anew. */
@Tag("slow")
class SlowGgufExportTest {
  /**
   * Of log-probabilities: what rounding weights to 8 bits changes, measured 0.23 at most of 120.
   * The bytes of the blocks are tested elsewhere; a tensor in a wrong place or order costs several.
   */
  private static final double Q8_TOLERANCE = 0.4;

  private static final Path MODEL = Path.of("models/SmolLM2-135M-Instruct.Q4_1.gguf");

  @TempDir private Path folder;

  private Path export(Path model, GgufFileType type) throws IOException {
    Path target = folder.resolve(type + ".gguf");
    return GgufExport.write(StoredModel.open(model), target, type, "smollm2", file -> target);
  }

  @Test
  void eightBitsOfItHaveTheSameLogProbabilities() throws IOException {
    Path file = export(Shared.path(MODEL.toString()), GgufFileType.Q8_0);

    double largest = 0;
    try (Decoder decoder = StoredModel.open(file).decoder(ComputeDtype.FP32)) {
      for (JsonNode prompt :
          new ObjectMapper().readTree(Shared.path("goldens/smollm2/prompts.json").toFile())) {
        int[] ids = new int[prompt.get("ids").size()];
        Arrays.setAll(ids, i -> prompt.get("ids").get(i).intValue());
        float[] logits = new RowScorer(decoder, 0).logits(ids)[ids.length - 1];
        double normalizer = logSumExp(logits);
        for (int k = 0; k < prompt.get("top20_ids").size(); k++) {
          int id = prompt.get("top20_ids").get(k).intValue();
          double expected = prompt.get("top20_logprobs").get(k).doubleValue();
          largest = Math.max(largest, Math.abs(logits[id] - normalizer - expected));
        }
      }
    }
    System.out.printf("Q8_0 of SmolLM2, log-probabilities: largest difference %.1e%n", largest);
    assertThat(largest).isLessThan(Q8_TOLERANCE);
  }

  private static double logSumExp(float[] logits) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit);
    }
    return Math.log(sum);
  }

  @Test
  void fourBitsOfItAreLlamaQuantizesBytes() throws IOException {
    GgufFile original = GgufFile.open(Shared.path(MODEL.toString()));
    Path model = folder.resolve("hf");
    HfFolder.save(model, StoredModel.open(original.path()), Dtype.F32);

    GgufFile written = GgufFile.open(export(model, GgufFileType.Q4_1));

    assertThat(written.names()).hasSameElementsAs(original.names());
    for (String name : original.names()) {
      assertThat(written.tensor(name).type()).as(name).isEqualTo(original.tensor(name).type());
      assertThat(bytes(written, name)).as(name).isEqualTo(bytes(original, name));
    }
    for (String list : new String[] {"tokens", "merges"}) {
      String key = "tokenizer.ggml." + list;
      assertThat(written.metadata().texts(key)).isEqualTo(original.metadata().texts(key));
    }
    for (String key : new String[] {"tokenizer.ggml.pre", "tokenizer.chat_template"}) {
      assertThat(written.metadata().text(key)).isEqualTo(original.metadata().text(key));
    }
    assertThat(written.metadata().wholes("tokenizer.ggml.token_type"))
        .isEqualTo(original.metadata().wholes("tokenizer.ggml.token_type"));
    try (HfTokenizer tokenizer = StoredModel.open(written.path()).tokenizer()) {
      assertThat(tokenizer.eosId()).hasValue(2);
    }
  }

  private static byte[] bytes(GgufFile file, String name) throws IOException {
    GgufTensor tensor = file.tensor(name);
    assertThat(tensor.type()).isIn(TensorType.F32, TensorType.Q4_1, TensorType.Q8_0);
    ByteBuffer bytes = ByteBuffer.allocate((int) tensor.byteSize());
    try (FileChannel channel = FileChannel.open(file.path())) {
      while (bytes.hasRemaining()) {
        assertThat(channel.read(bytes, tensor.position() + bytes.position())).isPositive();
      }
    }
    return bytes.array();
  }
}
