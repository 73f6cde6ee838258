package org.pocketdistill.tokenize;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A small tokenizer trained on this module's text of phone commands, for tests. */
public final class TrainedTokenizer {
  private TrainedTokenizer() {}

  /** Trains, writes into the folder and loads. */
  public static HfTokenizer in(Path folder) throws IOException {
    TokenizerFolder.write(folder, vocabulary(600), new ChatMl(), 2048);
    return HfTokenizer.load(folder);
  }

  static BpeVocabulary vocabulary(int vocabSize) {
    return train(lines("training-text.txt"), vocabSize);
  }

  static BpeVocabulary train(List<String> texts, int vocabSize) {
    ByteLevelBpeTrainer trainer = new ByteLevelBpeTrainer(vocabSize, PreTokenizer.QWEN2);
    texts.forEach(trainer::add);
    return trainer.train();
  }

  static List<String> lines(String resource) {
    try (InputStream in = TrainedTokenizer.class.getResourceAsStream("/tokenize/" + resource)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
