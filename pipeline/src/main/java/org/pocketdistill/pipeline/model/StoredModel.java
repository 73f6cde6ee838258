package org.pocketdistill.pipeline.model;

import java.io.IOException;
import java.nio.file.Path;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.gguf.GgufFile;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.pocketdistill.tokenize.HfTokenizer;

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
  Weights weights() throws IOException;

  /**
   * The tokenizer; close it.
   *
   * @throws DataException if there is none, or one that is not supported
   */
  HfTokenizer tokenizer();

  /**
   * Writes {@code tokenizer.json} and {@code tokenizer_config.json}, and what else belongs to the
   * tokenizer, into a folder, which is made if it is missing.
   *
   * @throws DataException as {@link #tokenizer}
   */
  void writeTokenizer(Path folder) throws IOException;

  /** Bytes of its files. */
  long bytes() throws IOException;

  /** The decoder with its weights. */
  default Decoder decoder(ComputeDtype dtype) throws IOException {
    return new Decoder(config(), weights(), dtype, 0);
  }
}
