package org.pocketdistill.pipeline.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.pocketdistill.pipeline.gguf.GgufFile;
import org.pocketdistill.pipeline.torch.ArrayFiller;
import org.pocketdistill.tokenize.ChatTemplate;
import org.pocketdistill.tokenize.HfTokenizer;
import org.pocketdistill.tokenize.gguf.GgufTokenizer;
import org.pocketdistill.tokenize.gguf.GgufVocabulary;

/** A model in a GGUF file. */
final class GgufModel implements StoredModel {
  private final GgufFile file;
  private final ModelConfig config;

  /** Converted when it is first asked for. */
  private GgufTokenizer tokenizer;

  private GgufModel(GgufFile file, ModelConfig config) {
    this.file = file;
    this.config = config;
  }

  static GgufModel open(Path path) throws IOException {
    GgufFile file = GgufFile.open(path);
    return new GgufModel(file, GgufConfig.read(file));
  }

  @Override
  public ModelConfig config() {
    return config;
  }

  @Override
  public Path path() {
    return file.path();
  }

  @Override
  public TensorSource tensors() throws IOException {
    return new GgufTensors(file, config);
  }

  @Override
  public Weights weights(int vocabSize, ProjectionFormat format) throws IOException {
    try (TensorSource tensors = tensors();
        ArrayFiller filler = new ArrayFiller()) {
      return Weights.fill(
          config.withVocabSize(vocabSize), new RowLoader(filler, tensors)::load, format);
    }
  }

  @Override
  public HfTokenizer tokenizer() {
    return convertedTokenizer().open();
  }

  @Override
  public ChatTemplate chatTemplate(Clock clock) {
    return convertedTokenizer().chatTemplate(clock);
  }

  @Override
  public void writeTokenizer(Path folder) throws IOException {
    convertedTokenizer().write(folder);
  }

  @Override
  public GgufVocabulary ggufVocabulary() {
    convertedTokenizer();
    return GgufVocabularyReader.vocabulary(file);
  }

  private synchronized GgufTokenizer convertedTokenizer() {
    if (tokenizer == null) {
      tokenizer = GgufVocabularyReader.tokenizer(file, config.maxPositionEmbeddings());
    }
    return tokenizer;
  }

  @Override
  public long bytes() throws IOException {
    return Files.size(path());
  }
}
