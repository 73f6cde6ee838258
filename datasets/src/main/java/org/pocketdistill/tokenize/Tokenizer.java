package org.pocketdistill.tokenize;

import java.util.OptionalInt;

/**
 * Text to token ids and back. Safe for use from several threads.
 *
 * <p>Never truncates, never pads, never adds special tokens of its own.
 */
public interface Tokenizer extends AutoCloseable {
  /**
   * Ids of the text; special tokens written out in it (such as {@code <|im_end|>}) become one id.
   */
  int[] encode(String text);

  /**
   * Text of the ids.
   *
   * @param skipSpecialTokens leave out special tokens instead of writing them
   */
  String decode(int[] ids, boolean skipSpecialTokens);

  /**
   * Text of ids that come one by one.
   *
   * @param skipSpecialTokens leave out special tokens instead of writing them
   * @throws org.pocketdistill.data.DataException if the tokenizer cannot decode one by one
   */
  StreamingDecoder streamingDecoder(boolean skipSpecialTokens);

  /** Number of ids, added tokens included. */
  int vocabSize();

  /** Id of a whole token, empty if the vocabulary lacks it. */
  OptionalInt idOf(String token);

  @Override
  void close();
}
