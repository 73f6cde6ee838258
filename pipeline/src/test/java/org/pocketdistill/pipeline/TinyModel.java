package org.pocketdistill.pipeline;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.HfFolder;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.ModelConfig.Family;
import org.pocketdistill.pipeline.model.RopeScaling;
import org.pocketdistill.pipeline.onnx.OnnxExporter;
import org.pocketdistill.pipeline.safetensors.Dtype;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.tokenize.ByteLevelBpeTrainer;
import org.pocketdistill.tokenize.ChatMl;
import org.pocketdistill.tokenize.PreTokenizer;
import org.pocketdistill.tokenize.TokenizerFolder;

/** An untrained model of some thousand weights with a tokenizer of its own, as folders. */
public final class TinyModel {
  /** Longest sequence. */
  public static final int CONTEXT = 160;

  /** Id of the token that ends an answer. */
  public static final int END = 2;

  private static final int VOCAB_SIZE = 270;
  private static final long SEED = 5;

  private TinyModel() {}

  /** Writes a Hugging Face folder. */
  public static Path write(Path folder) throws IOException {
    return write(folder, List.of(END));
  }

  /** Writes a Hugging Face folder of a model that names these ids as ends of a text. */
  public static Path write(Path folder, List<Integer> ends) throws IOException {
    int vocabSize = writeTokenizer(folder, VOCAB_SIZE);
    try (Decoder decoder = Decoder.random(config(vocabSize, ends), SEED, ComputeDtype.FP32)) {
      // An untrained model repeats its last token; louder layers make it listen to the others.
      for (String name : decoder.weights().names()) {
        if (name.contains("proj")) {
          decoder.weights().get(name).muli(2);
        }
      }
      HfFolder.save(folder, decoder.config(), decoder.weights(), Dtype.F32);
    }
    return folder;
  }

  /** Trains a tokenizer on a few sentences; gives its number of ids. */
  public static int writeTokenizer(Path folder, int vocabSize) throws IOException {
    ByteLevelBpeTrainer trainer = new ByteLevelBpeTrainer(vocabSize, PreTokenizer.QWEN2);
    List.of("wake me at seven", "wake her at seven in the morning", "call me in the morning")
        .forEach(trainer::add);
    var vocabulary = trainer.train();
    TokenizerFolder.write(folder, vocabulary, new ChatMl(), CONTEXT);
    return vocabulary.tokens().size();
  }

  /** Exports a Hugging Face folder, unchecked. */
  public static Path export(Path model, Path target, OnnxPrecision precision) throws IOException {
    OnnxExporter.Options options = new OnnxExporter.Options(precision, CONTEXT, Map.of());
    return OnnxExporter.export(model, target, options, written -> target);
  }

  private static ModelConfig config(int vocabSize, List<Integer> ends) {
    return new ModelConfig(
        Family.LLAMA,
        vocabSize,
        32,
        48,
        2,
        4,
        2,
        8,
        1e-5,
        10000,
        new RopeScaling.None(),
        true,
        false,
        false,
        OptionalInt.empty(),
        CONTEXT,
        OptionalInt.empty(),
        ends,
        OptionalInt.of(0));
  }
}
