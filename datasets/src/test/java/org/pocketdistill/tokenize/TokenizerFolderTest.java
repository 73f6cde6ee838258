package org.pocketdistill.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerFolderTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final BpeVocabulary VOCABULARY = TrainedTokenizer.vocabulary(400);

  @TempDir private Path folder;

  @Test
  void writesTheFilesOfAHuggingFaceTokenizer() throws IOException {
    TokenizerFolder.write(folder, VOCABULARY, new ChatMl(), 2048);

    JsonNode tokenizer = JSON.readTree(folder.resolve("tokenizer.json").toFile());
    assertThat(tokenizer.at("/model/type").textValue()).isEqualTo("BPE");
    assertThat(tokenizer.at("/model/vocab/<|im_end|>").intValue()).isEqualTo(2);
    assertThat(tokenizer.at("/model/vocab")).hasSize(400);
    assertThat(tokenizer.at("/model/merges/0").textValue()).isEqualTo("Ġ t");
    assertThat(tokenizer.at("/added_tokens/0/content").textValue()).isEqualTo("<|endoftext|>");
    assertThat(tokenizer.at("/normalizer").isNull()).isTrue();
    JsonNode config = JSON.readTree(folder.resolve("tokenizer_config.json").toFile());
    assertThat(config.get("tokenizer_class").textValue()).isEqualTo("PreTrainedTokenizerFast");
    assertThat(config.get("eos_token").textValue()).isEqualTo("<|im_end|>");
    assertThat(config.get("pad_token").textValue()).isEqualTo("<|endoftext|>");
    assertThat(config.get("bos_token").isNull()).isTrue();
    assertThat(config.get("model_max_length").intValue()).isEqualTo(2048);
    assertThat(config.get("chat_template").textValue()).isEqualTo(new ChatMl().jinja());
  }

  @Test
  void writesTheSameBytesEveryTimeAndLeavesNoTemporaryFile() throws IOException {
    TokenizerFolder.write(folder, VOCABULARY, new ChatMl(), 2048);
    byte[] first = Files.readAllBytes(folder.resolve("tokenizer.json"));
    TokenizerFolder.write(folder, VOCABULARY, new ChatMl(), 2048);

    assertThat(folder.resolve("tokenizer.json")).hasBinaryContent(first);
    try (var files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("tokenizer.json", "tokenizer_config.json");
    }
  }

  @Test
  void keepsTheOldFileWhereTheNewOneCannotBeWritten() throws IOException {
    Path file = folder.resolve("tokenizer.json");
    Files.writeString(file, "old");
    // a folder in the way of the temporary file fails the write as a full disk would
    Files.createDirectory(folder.resolve("tokenizer.json.tmp"));
    Files.createFile(folder.resolve("tokenizer.json.tmp").resolve("in-the-way"));

    assertThatThrownBy(() -> TokenizerFolder.write(folder, VOCABULARY, new ChatMl(), 2048))
        .isInstanceOf(IOException.class);

    assertThat(file).hasContent("old");
  }
}
