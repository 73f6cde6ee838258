package org.pocketdistill.pipeline.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.pocketdistill.data.DatasetManifest;

/** SHA-256 of what a model is, wherever it lies and whatever lies beside it. */
final class ModelHash {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ModelHash() {}

  /** Of the configuration and weights of a Hugging Face folder, or of a GGUF file. */
  static String of(Path model) throws IOException {
    if (!Files.isDirectory(model)) {
      return DatasetManifest.of(model, 0, 0).sha256();
    }
    return of(
        model,
        file -> {
          String name = file.getFileName().toString();
          return name.equals("config.json") || name.endsWith(".safetensors");
        });
  }

  /** Of a tokenizer with its chat template. */
  static String ofTokenizer(Path folder) throws IOException {
    return of(folder, ModelFolders::isTokenizer);
  }

  private static String of(Path folder, Predicate<Path> wanted) throws IOException {
    ObjectNode hashes = JSON.createObjectNode();
    List<Path> files;
    try (Stream<Path> found = Files.list(folder)) {
      files = found.filter(Files::isRegularFile).filter(wanted).sorted().toList();
    }
    for (Path file : files) {
      hashes.put(file.getFileName().toString(), DatasetManifest.of(file, 0, 0).sha256());
    }
    return StageFile.hash(hashes);
  }
}
