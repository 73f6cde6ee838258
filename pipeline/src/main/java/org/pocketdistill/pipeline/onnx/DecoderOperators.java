package org.pocketdistill.pipeline.onnx;

import java.io.IOException;

/** The parts of a decoder that differ between graphs of one model: all but its matrices. */
sealed interface DecoderOperators permits FusedOperators, PlainOperators {
  /** Names of the residual stream and of what is to be added to it next; empty for nothing. */
  record Residual(String stream, String addend) {}

  /** Declares the graph's inputs and outputs. */
  void declareValues();

  /**
   * Adds what all layers share.
   *
   * @param contextLength positions that the rotary tables reach to
   */
  void addShared(int contextLength) throws IOException;

  /**
   * Adds the addend to the stream; gives the sum as stream and its RMSNorm as addend.
   *
   * @param prefix of the nodes' names
   */
  Residual addAndNorm(String prefix, float[] weight, Residual residual) throws IOException;

  /**
   * Adds the attention of a layer.
   *
   * @param input name of the normalised residual stream
   * @return name of what it adds to the residual stream
   */
  String attention(int layer, String input) throws IOException;
}
