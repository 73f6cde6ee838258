package org.pocketdistill.tokenize;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.function.IntFunction;

/**
 * Text of tokens that come one by one, such as those of a model that is generating. What it gives
 * is whole characters only, and all of it together is the text of all tokens: bytes that are no
 * UTF-8 are U+FFFD as soon as that is certain.
 *
 * <p>One decoder for one text. Not thread-safe.
 */
public final class StreamingDecoder {
  // of a character's at most four bytes, all but the last may be waiting
  private static final int MAX_WAITING = 3;

  private final IntFunction<byte[]> bytes;
  private final CharsetDecoder utf8 =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private int strippedBlanks;
  private byte[] waiting = {};

  /**
   * A decoder at the beginning of a text.
   *
   * @param bytes of each id; none for an id that is left out
   * @param strippedBlanks how many blanks the beginning of the text loses
   */
  StreamingDecoder(IntFunction<byte[]> bytes, int strippedBlanks) {
    this.bytes = bytes;
    this.strippedBlanks = strippedBlanks;
  }

  /** The characters that this token completes; empty while one is unfinished. */
  public String append(int id) {
    byte[] more = bytes.apply(id);
    int from = 0;
    while (strippedBlanks > 0 && from < more.length && more[from] == ' ') {
      from++;
      strippedBlanks--;
    }
    if (from < more.length) {
      strippedBlanks = 0;
    }
    ByteBuffer in = ByteBuffer.allocate(waiting.length + more.length - from);
    in.put(waiting).put(more, from, more.length - from).flip();
    separateSurrogates(in);
    CharBuffer out = CharBuffer.allocate(in.remaining());
    utf8.decode(in, out, false);
    waiting = new byte[in.remaining()];
    in.get(waiting);
    return out.flip().toString();
  }

  /**
   * Half of a UTF-16 pair written as UTF-8 is no character. The JDK takes its bytes for one
   * mistake, tokenizers and the Unicode standard for one each; no character contains the byte 0xff.
   */
  private static void separateSurrogates(ByteBuffer in) {
    for (int i = 0; i + 1 < in.limit(); i++) {
      if (in.get(i) == (byte) 0xed && (in.get(i + 1) & 0xe0) == 0xa0) {
        in.put(i, (byte) 0xff);
      }
    }
  }

  /** What an unfinished character at the end of the text reads as; nothing may be appended then. */
  public String flush() {
    CharBuffer out = CharBuffer.allocate(MAX_WAITING);
    utf8.decode(ByteBuffer.wrap(waiting), out, true);
    utf8.flush(out);
    return out.flip().toString();
  }
}
