package org.pocketdistill.pipeline.lm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.config.RuntimeFile;
import org.pocketdistill.pipeline.manifest.PackageManifest;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.onnx.GenAiConfig;
import org.pocketdistill.pipeline.onnx.OnnxAdapter;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.pipeline.torch.Torch;
import org.pocketdistill.tokenize.ChatMl;
import org.pocketdistill.tokenize.ChatTemplate;
import org.pocketdistill.tokenize.ChatTemplates;
import org.pocketdistill.tokenize.HfTokenizer;

/** A model of any kind: a Hugging Face folder, a GGUF file, or an exported ONNX package. */
public final class LanguageModelFolder {
  private final StoredModel stored;
  private final Optional<Path> adapter;

  /**
   * Looks at a folder or file. An adapter of a package, {@code PACKAGE/adapters/NAME.onnx_adapter},
   * is the package with it.
   *
   * @throws DataException if it is no model, or a package that lacks what its manifest names
   */
  public LanguageModelFolder(Path path) throws IOException {
    Optional<Path> owner = OnnxAdapter.packageOf(path);
    Path folder = owner.orElse(path);
    PackageManifest.requireSizes(folder);
    this.stored = StoredModel.open(folder);
    this.adapter = owner.map(any -> path);
  }

  /** Whether ONNX Runtime loads it. */
  public boolean isOnnx() {
    return Files.exists(path().resolve(GenAiConfig.FILE_NAME));
  }

  /** The folder or file itself. */
  public Path path() {
    return stored.path();
  }

  /** Shape and options. */
  public ModelConfig config() {
    return stored.config();
  }

  /** What the files hold. */
  public StoredModel stored() {
    return stored;
  }

  /** What runs it, for tables. */
  public String runtime() {
    return isOnnx() ? OrtDecoder.runtime() : Torch.version();
  }

  /**
   * The model on token ids; {@code dtype} is of libtorch's products, ONNX has its own. A package is
   * run as its {@code runtime.json} says.
   */
  public CausalDecoder decoder(ComputeDtype dtype) throws IOException {
    if (!isOnnx()) {
      return new TorchDecoder(stored.decoder(dtype));
    }
    PackageDecoder decoder = PackageDecoder.open(path());
    try {
      decoder.use(adapter);
      return decoder;
    } catch (RuntimeException e) {
      decoder.close();
      throw e;
    }
  }

  /**
   * The model on text.
   *
   * @param batchSize most sequences at once; fewer if {@code runtime.json} of a package says so
   * @throws DataException if there is no tokenizer or one that does not fit the model, or the chat
   *     template is wrong or not supported
   */
  public TokenLanguageModel open(ComputeDtype dtype, int batchSize) throws IOException {
    return open(dtype, batchSize, ChatTemplates.FIXED_DATE);
  }

  /**
   * The model on text, with a chat template that reads this clock if it writes the date.
   *
   * @throws DataException as {@link #open(ComputeDtype, int)}
   */
  public TokenLanguageModel open(ComputeDtype dtype, int batchSize, Clock clock)
      throws IOException {
    HfTokenizer tokenizer = stored.tokenizer();
    try {
      ChatTemplate template = stored.chatTemplate(clock);
      requireFit(tokenizer, template);
      return new TokenLanguageModel(
          tokenizer,
          template,
          decoder(dtype),
          endTokens(tokenizer),
          tokenizer.bosId().isPresent() ? tokenizer.bosId() : tokenizer.eosId(),
          isOnnx() ? packageBatch(batchSize) : batchSize);
    } catch (IOException | RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  private int packageBatch(int batchSize) {
    return Math.min(batchSize, RuntimeFile.of(path()).batch().maxBatchSize().orElse(batchSize));
  }

  private void requireFit(HfTokenizer tokenizer, ChatTemplate template) {
    if (tokenizer.vocabSize() > config().vocabSize()) {
      throw new DataException(
          "%s: a tokenizer of %d ids, expected at most %d (vocab_size of config.json)"
              .formatted(path(), tokenizer.vocabSize(), config().vocabSize()));
    }
    for (String token : template.controlTokens()) {
      if (tokenizer.idOf(token).isEmpty()) {
        throw new DataException(
            "%s: the tokenizer has no token '%s', expected %s"
                .formatted(
                    path(),
                    token,
                    template instanceof ChatMl
                        ? "one of the ChatML format"
                        : "those that the chat template writes"));
      }
    }
  }

  /**
   * What ends a text. A model may name several; the tokenizer's {@code eos_token} among them is the
   * one that it was taught to end an answer with.
   */
  private List<Integer> endTokens(HfTokenizer tokenizer) {
    List<Integer> ends = new ArrayList<>(config().eosTokenIds());
    OptionalInt preferred = tokenizer.eosId();
    if (preferred.isPresent() && (ends.isEmpty() || ends.remove((Integer) preferred.getAsInt()))) {
      ends.add(0, preferred.getAsInt());
    }
    return ends;
  }

  /** Bytes of the files that have to be shipped. */
  public long bytes() throws IOException {
    if (!isOnnx()) {
      return stored.bytes();
    }
    long bytes = 0;
    try (Stream<Path> files = Files.walk(path())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
    }
    return bytes;
  }
}
