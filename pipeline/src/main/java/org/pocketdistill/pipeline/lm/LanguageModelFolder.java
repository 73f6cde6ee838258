package org.pocketdistill.pipeline.lm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.model.HfConfigFile;
import org.pocketdistill.pipeline.model.HfFolder;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Torch;
import org.pocketdistill.tokenize.ChatMl;
import org.pocketdistill.tokenize.HfTokenizer;

/** A model folder of any kind: Hugging Face, or an exported ONNX package. */
public final class LanguageModelFolder {
  private static final String ONNX = "model.onnx";

  private final Path folder;
  private final ModelConfig config;

  /**
   * Looks at a folder.
   *
   * @throws DataException if it is no model folder
   */
  public LanguageModelFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new DataException(folder + ": no such folder, expected a model's folder");
    }
    if (!Files.exists(folder.resolve("config.json"))) {
      throw new DataException(
          folder + ": no config.json in it, expected a Hugging Face folder or an exported package");
    }
    this.folder = folder;
    this.config = HfConfigFile.read(folder);
  }

  /** Whether ONNX Runtime loads it. */
  public boolean isOnnx() {
    return Files.exists(folder.resolve(ONNX));
  }

  /** Shape and options. */
  public ModelConfig config() {
    return config;
  }

  /** What runs it, for tables. */
  public String runtime() {
    return isOnnx() ? OrtDecoder.runtime() : Torch.version();
  }

  /** The model on token ids; {@code dtype} is of libtorch's products, ONNX has its own. */
  public CausalDecoder decoder(ComputeDtype dtype) throws IOException {
    return isOnnx() ? OrtDecoder.open(folder) : new TorchDecoder(HfFolder.load(folder, dtype));
  }

  /** The model on text. */
  public TokenLanguageModel open(ComputeDtype dtype, int batchSize) throws IOException {
    HfTokenizer tokenizer = HfTokenizer.load(folder);
    CausalDecoder decoder = decoder(dtype);
    List<Integer> ends =
        config.eosTokenIds().isEmpty()
            ? tokenizer.eosId().stream().boxed().toList()
            : config.eosTokenIds();
    return new TokenLanguageModel(tokenizer, new ChatMl(), decoder, ends, batchSize);
  }

  /** Bytes of the files that have to be shipped. */
  public long bytes() throws IOException {
    try (var files = Files.list(folder)) {
      long bytes = 0;
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
      return bytes;
    }
  }
}
