package org.pocketdistill.pipeline.model;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.gguf.GgufFile;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.tokenize.ChatTemplate;
import org.pocketdistill.tokenize.ChatTemplates;
import org.pocketdistill.tokenize.HfTokenizer;
import org.pocketdistill.tokenize.gguf.GgufVocabulary;

/** A model as a user has it: a Hugging Face folder or a GGUF file. */
public sealed interface StoredModel permits HfModel, GgufModel {
  /**
   * Looks at a path and reads the configuration; no weights yet.
   *
   * @throws DataException if there is no model, or one that is not supported
   */
  static StoredModel open(Path path) throws IOException {
    return GgufFile.isGguf(path) ? GgufModel.open(path) : HfModel.open(path);
  }

  /** The folder or file. */
  Path path();

  /** Shape and options. */
  ModelConfig config();

  /** The weights, to be read a row at a time. */
  TensorSource tensors() throws IOException;

  /**
   * The weights in memory, widened to fp32.
   *
   * @throws DataException if one is missing or does not fit the configuration
   */
  default Weights weights() throws IOException {
    return weights(config().vocabSize());
  }

  /**
   * As {@link #weights()}, with the first rows of embedding and head only. Models of one family pad
   * their vocabulary to different sizes; what is beyond the tokenizer's ids means nothing.
   *
   * @param vocabSize at most that of the model
   */
  default Weights weights(int vocabSize) throws IOException {
    return weights(vocabSize, ProjectionFormat.FP32);
  }

  /** The same with projections in another format; one at a time is in memory in fp32. */
  Weights weights(int vocabSize, ProjectionFormat format) throws IOException;

  /**
   * The tokenizer; close it.
   *
   * @throws DataException if there is none, or one that is not supported
   */
  HfTokenizer tokenizer();

  /**
   * How the model lays out a conversation: its own chat template, or ChatML if it brings none.
   *
   * @param clock what a template that writes the date reads
   * @throws DataException if the template is wrong or asks for something that is not supported
   */
  ChatTemplate chatTemplate(Clock clock);

  /** The chat template on {@link ChatTemplates#FIXED_DATE}. */
  default ChatTemplate chatTemplate() {
    return chatTemplate(ChatTemplates.FIXED_DATE);
  }

  /**
   * Writes {@code tokenizer.json} and {@code tokenizer_config.json}, and what else belongs to the
   * tokenizer, into a folder, which is made if it is missing.
   *
   * @throws DataException as {@link #tokenizer}
   */
  void writeTokenizer(Path folder) throws IOException;

  /**
   * The tokenizer as a GGUF file has it.
   *
   * @throws DataException if there is none, or one that a GGUF file cannot carry
   */
  GgufVocabulary ggufVocabulary() throws IOException;

  /** Bytes of its files. */
  long bytes() throws IOException;

  /** The decoder with its weights. */
  default Decoder decoder(ComputeDtype dtype) throws IOException {
    return decoder(dtype, config().vocabSize());
  }

  /**
   * The decoder with its first logits only.
   *
   * @param vocabSize how many
   * @throws DataException if the model has fewer
   */
  default Decoder decoder(ComputeDtype dtype, int vocabSize) throws IOException {
    int rows = checked(vocabSize);
    return new Decoder(config().withVocabSize(rows), weights(rows), dtype, 0);
  }

  /**
   * The decoder that knows some tokens only: embedding and head have their rows, in this order, and
   * its distributions are over them alone.
   *
   * @param tokens ids that stay
   */
  default Decoder decoder(ComputeDtype dtype, int[] tokens) throws IOException {
    Weights weights = weights();
    weights.keepTokens(tokens);
    return new Decoder(config().withVocabSize(tokens.length), weights, dtype, 0);
  }

  /**
   * A decoder that does not learn, with its first logits only; its matrices take half the memory
   * where products are in bf16.
   *
   * @throws DataException if the model has fewer logits
   */
  default Decoder frozen(ComputeDtype dtype, int vocabSize) throws IOException {
    return frozen(dtype, weights(checked(vocabSize)), vocabSize);
  }

  /** As {@link #decoder(ComputeDtype, int[])}, and does not learn. */
  default Decoder frozen(ComputeDtype dtype, int[] tokens) throws IOException {
    Weights weights = weights();
    weights.keepTokens(tokens);
    return frozen(dtype, weights, tokens.length);
  }

  private Decoder frozen(ComputeDtype dtype, Weights weights, int vocabSize) {
    weights.freeze(dtype);
    return new Decoder(config().withVocabSize(vocabSize), weights, dtype, 0);
  }

  private int checked(int vocabSize) {
    if (vocabSize > config().vocabSize()) {
      throw new DataException(
          "%s: vocab_size %d, expected at least %d"
              .formatted(path(), config().vocabSize(), vocabSize));
    }
    return vocabSize;
  }
}
