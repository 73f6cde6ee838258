package org.pocketdistill.tokenize;

import java.util.Random;

/** Hostile but valid text: every plane of Unicode, controls, combining marks, joined emoji. */
final class RandomText {
  private static final String[] PIECES = {
    " ",
    "  ",
    "\n",
    "\r\n",
    "\t",
    "\u0000",
    "\u0007",
    "\u00A0",
    "\u0085",
    "\u3000",
    "\u200D",
    "'s",
    "'LL",
    "don't",
    "the",
    " alarm",
    "2024",
    "½",
    "Ⅳ",
    "１２",
    "e\u0301",
    "é",
    "ﬁ",
    "İ",
    "ß",
    "你好",
    "闹钟",
    "。",
    "한국어",
    "नमस्ते",
    "مرحبا",
    "🙂",
    "👍🏽",
    "👩‍👩‍👧",
    "🇩🇪",
    "\uFFFD",
    "\uFEFF",
    "\uFFFF",
    "\uE000",
    "\"",
    "\\",
    "{",
    "}",
    "<|",
    "|>",
    "Ġ",
    "Ċ"
  };

  private RandomText() {}

  static String next(Random random, int maxPieces) {
    StringBuilder text = new StringBuilder();
    for (int n = random.nextInt(maxPieces + 1); n > 0; n--) {
      if (random.nextInt(3) == 0) {
        text.appendCodePoint(scalarValue(random));
      } else {
        text.append(PIECES[random.nextInt(PIECES.length)]);
      }
    }
    return text.toString();
  }

  private static int scalarValue(Random random) {
    int plane = random.nextInt(3) == 0 ? Character.MAX_CODE_POINT + 1 : 0x3000;
    int codePoint = random.nextInt(plane);
    boolean surrogate =
        codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
    return surrogate ? 'x' : codePoint;
  }
}
