package org.pocketdistill.pipeline.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.List;
import java.util.stream.Stream;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.tokenize.ChatTemplate;
import org.pocketdistill.tokenize.ChatTemplates;
import org.pocketdistill.tokenize.HfTokenizer;
import org.pocketdistill.tokenize.gguf.GgufVocabulary;
import org.pocketdistill.tokenize.gguf.HfVocabulary;

/** A model in a Hugging Face folder. */
record HfModel(Path path, ModelConfig config) implements StoredModel {
  private static final List<String> REQUIRED = List.of("tokenizer.json", "tokenizer_config.json");
  private static final List<String> TOKENIZER_FILES =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "merges.txt",
          "chat_template.jinja",
          "additional_chat_templates/tool_use.jinja");

  static HfModel open(Path folder) throws IOException {
    if (Files.isRegularFile(folder)) {
      throw new DataException(folder + ": is no GGUF file, expected one, or a model's folder");
    }
    if (!Files.isDirectory(folder)) {
      throw new DataException(
          folder + ": no such folder, expected a model's folder or a GGUF file");
    }
    if (!Files.exists(folder.resolve("config.json"))) {
      throw new DataException(
          folder + ": no config.json in it, expected a Hugging Face folder or an exported package");
    }
    return new HfModel(folder, HfConfigFile.read(folder));
  }

  @Override
  public TensorSource tensors() throws IOException {
    return new HfTensors(SafetensorsFile.open(path));
  }

  @Override
  public Weights weights(int vocabSize, ProjectionFormat format) throws IOException {
    return HfFolder.weights(path, config, config.withVocabSize(vocabSize), format);
  }

  @Override
  public HfTokenizer tokenizer() {
    return HfTokenizer.load(path);
  }

  @Override
  public ChatTemplate chatTemplate(Clock clock) {
    return ChatTemplates.load(path, clock);
  }

  @Override
  public void writeTokenizer(Path folder) throws IOException {
    for (String file : TOKENIZER_FILES) {
      if (Files.exists(path.resolve(file))) {
        Files.createDirectories(folder.resolve(file).getParent());
        Files.copy(path.resolve(file), folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
      } else if (REQUIRED.contains(file)) {
        throw new DataException(
            path + ": no " + file + " in it, expected the tokenizer's files beside the model");
      }
    }
  }

  @Override
  public GgufVocabulary ggufVocabulary() throws IOException {
    return HfVocabulary.read(path);
  }

  @Override
  public long bytes() throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      long bytes = 0;
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
      return bytes;
    }
  }
}
