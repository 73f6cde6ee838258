package org.pocketdistill.tokenize;

import java.util.Arrays;
import java.util.Optional;

/**
 * GPT-2's one-to-one map from the 256 bytes to printable characters, so that a token of any bytes
 * can be written as text.
 *
 * <p>Printable Latin-1 bytes stand for themselves; the 68 others (controls, blanks, soft hyphen)
 * become the characters from U+0100 on, in the order of the bytes.
 */
final class ByteAlphabet {
  private static final int FIRST_SUBSTITUTE = 0x100;
  private static final char[] CHARACTERS = characters();
  private static final int[] BYTES = bytes();

  private ByteAlphabet() {}

  /** The character of an unsigned byte. */
  static char character(int unsignedByte) {
    return CHARACTERS[unsignedByte];
  }

  /** The 256 characters, ascending: the order of their ids in a vocabulary. */
  static char[] sorted() {
    char[] sorted = CHARACTERS.clone();
    Arrays.sort(sorted);
    return sorted;
  }

  /** The bytes that a token of this alphabet's characters stands for; empty if one is not of it. */
  static Optional<byte[]> bytes(String token) {
    byte[] bytes = new byte[token.length()];
    for (int i = 0; i < bytes.length; i++) {
      char character = token.charAt(i);
      int unsignedByte = character < BYTES.length ? BYTES[character] : -1;
      if (unsignedByte < 0) {
        return Optional.empty();
      }
      bytes[i] = (byte) unsignedByte;
    }
    return Optional.of(bytes);
  }

  private static int[] bytes() {
    int[] map = new int[FIRST_SUBSTITUTE + 256];
    Arrays.fill(map, -1);
    for (int b = 0; b < CHARACTERS.length; b++) {
      map[CHARACTERS[b]] = b;
    }
    return map;
  }

  private static char[] characters() {
    char[] map = new char[256];
    int substitute = FIRST_SUBSTITUTE;
    for (int b = 0; b < map.length; b++) {
      map[b] = (char) (standsForItself(b) ? b : substitute++);
    }
    return map;
  }

  private static boolean standsForItself(int b) {
    return (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || (b >= 0xAE && b <= 0xFF);
  }
}
