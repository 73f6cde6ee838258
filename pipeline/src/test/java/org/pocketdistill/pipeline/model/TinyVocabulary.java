package org.pocketdistill.pipeline.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.tokenize.gguf.GgufTokenizer;
import org.pocketdistill.tokenize.gguf.GgufVocabulary;
import org.pocketdistill.tokenize.gguf.GgufVocabulary.Flags;
import org.pocketdistill.tokenize.gguf.GgufVocabulary.SpecialIds;

/**
 * A byte-level vocabulary that fits the tiny checkpoints' 256 rows: printable ASCII, blank and line
 * break, a few merges; other characters have no token.
 */
final class TinyVocabulary {
  static final String TEMPLATE = "{% for m in messages %}<c>{{ m.content }}{% endfor %}";

  private TinyVocabulary() {}

  /** Writes the tokenizer's files into a folder. */
  static void write(Path folder) throws IOException {
    List<String> tokens = new ArrayList<>(List.of("<a>", "<b>", "<c>"));
    List<Integer> types = new ArrayList<>(List.of(3, 3, 3));
    for (char c = '!'; c <= '~'; c++) {
      tokens.add(String.valueOf(c));
    }
    tokens.addAll(List.of("\u0120", "\u010a", "th", "the", "\u0120the", "in"));
    while (types.size() < tokens.size()) {
      types.add(1);
    }
    GgufVocabulary vocabulary =
        new GgufVocabulary(
            "gpt2",
            Optional.of("smollm"),
            tokens,
            types,
            List.of(),
            List.of("t h", "th e", "\u0120 the", "i n"),
            SpecialIds.NONE,
            Flags.ABSENT,
            Optional.of(TEMPLATE));
    GgufTokenizer.of("tiny", vocabulary, 64).write(folder);
  }
}
