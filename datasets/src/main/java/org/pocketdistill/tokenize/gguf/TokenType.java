package org.pocketdistill.tokenize.gguf;

import java.util.Arrays;
import java.util.Optional;

/** What a token is for: the numbers of {@code tokenizer.ggml.token_type}. */
enum TokenType {
  NORMAL(1),
  UNKNOWN(2),
  CONTROL(3),
  USER_DEFINED(4),
  UNUSED(5),
  BYTE(6);

  private final int number;

  TokenType(int number) {
    this.number = number;
  }

  static Optional<TokenType> of(int number) {
    return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
  }

  int number() {
    return number;
  }

  /** Whether the token, written in a text, is taken whole before anything else is done. */
  boolean isAdded() {
    return this == UNKNOWN || this == CONTROL || this == USER_DEFINED;
  }

  /** Whether decoding leaves the token out on request. */
  boolean isSpecial() {
    return this == UNKNOWN || this == CONTROL;
  }
}
