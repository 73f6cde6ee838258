package org.pocketdistill.tokenize;

import java.util.List;

/** The special tokens of tokenizers that PocketDistill trains; their ids are 0, 1, 2. */
public final class SpecialTokens {
  /** Ends a text and pads a batch. */
  public static final String END_OF_TEXT = "<|endoftext|>";

  /** Opens a turn of a conversation. */
  public static final String IM_START = "<|im_start|>";

  /** Ends a turn of a conversation; generation stops here. */
  public static final String IM_END = "<|im_end|>";

  /** In the order of their ids. */
  public static final List<String> ALL = List.of(END_OF_TEXT, IM_START, IM_END);

  private SpecialTokens() {}
}
