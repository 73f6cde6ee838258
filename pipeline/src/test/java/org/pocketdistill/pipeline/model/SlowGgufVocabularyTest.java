package org.pocketdistill.pipeline.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.pipeline.Shared;
import org.pocketdistill.pipeline.gguf.GgufFile;
import org.pocketdistill.tokenize.HfTokenizer;

/** Ids of texts by the vocabularies of real GGUF files against llama.cpp's. */
@Tag("slow")
class SlowGgufVocabularyTest {
  private static final int MODEL_MAX_LENGTH = 4096;

  @TempDir private Path folder;

  @Test
  void idsOfTheModelAreThoseOfLlamaCpp() throws IOException {
    Path model = Shared.path("models/SmolLM2-135M-Instruct.Q4_1.gguf");
    try (HfTokenizer tokenizer = StoredModel.open(model).tokenizer()) {
      compare(tokenizer, "smollm2");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen2", "gpt-2", "phi-3"})
  void idsOfFilesWithoutTensorsAreThoseOfLlamaCpp(String name) throws IOException {
    Path file = folder.resolve(name + ".gguf");
    Path packed = Shared.path("goldens/tokenizer/ggml-vocab-" + name + ".gguf.gz");
    try (InputStream in = new GZIPInputStream(Files.newInputStream(packed))) {
      Files.copy(in, file);
    }

    try (HfTokenizer tokenizer =
        GgufVocabularyReader.tokenizer(GgufFile.open(file), MODEL_MAX_LENGTH).open()) {
      compare(tokenizer, name);
    }
  }

  private static void compare(HfTokenizer tokenizer, String name) throws IOException {
    Path golden = Shared.path("goldens/tokenizer/" + name + "_encode.json");
    JsonNode rows = new ObjectMapper().readTree(golden.toFile());
    assertThat(rows).hasSize(147);
    for (JsonNode row : rows) {
      int[] ids = new int[row.get("ids").size()];
      Arrays.setAll(ids, i -> row.get("ids").get(i).intValue());
      String text = row.get("text").textValue();
      assertThat(tokenizer.encode(text)).as("%s: '%s'", name, text).isEqualTo(ids);
    }
  }
}
