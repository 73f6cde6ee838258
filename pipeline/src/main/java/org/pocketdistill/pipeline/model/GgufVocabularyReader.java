package org.pocketdistill.pipeline.model;

import java.util.OptionalLong;
import org.pocketdistill.pipeline.gguf.GgufFile;
import org.pocketdistill.pipeline.gguf.GgufMetadata;
import org.pocketdistill.tokenize.gguf.GgufTokenizer;
import org.pocketdistill.tokenize.gguf.GgufVocabulary;
import org.pocketdistill.tokenize.gguf.GgufVocabulary.Flags;
import org.pocketdistill.tokenize.gguf.GgufVocabulary.SpecialIds;

/** The tokenizer in the metadata of a GGUF file. */
record GgufVocabularyReader(GgufMetadata metadata) {
  private static final String MODEL = key("model");

  static GgufTokenizer tokenizer(GgufFile file, int modelMaxLength) {
    return GgufTokenizer.of(file.path().toString(), vocabulary(file), modelMaxLength);
  }

  /** What the file says, unchecked. */
  static GgufVocabulary vocabulary(GgufFile file) {
    return new GgufVocabularyReader(file.metadata()).read();
  }

  private static String key(String name) {
    return "tokenizer.ggml." + name;
  }

  private GgufVocabulary read() {
    return new GgufVocabulary(
        metadata.text(MODEL).orElseThrow(() -> metadata.bad(MODEL, "the kind of tokenizer")),
        metadata.text(key("pre")),
        metadata.texts(key("tokens")),
        metadata.wholes(key("token_type")),
        metadata.numbers(key("scores")),
        metadata.texts(key("merges")),
        new SpecialIds(id("bos"), id("eos"), id("unknown"), id("padding")),
        new Flags(
            metadata.flag(key("add_bos_token")),
            metadata.flag(key("add_eos_token")),
            metadata.flag(key("add_space_prefix"))),
        metadata.text("tokenizer.chat_template"));
  }

  private OptionalLong id(String name) {
    return metadata.whole(key(name + "_token_id"));
  }
}
