package org.pocketdistill.pipeline.onnx;

import java.util.Optional;
import org.pocketdistill.pipeline.config.StaticShapes;

/** Which of the graphs of one model a package has. */
public sealed interface GraphForm {
  /** ONNX Runtime GenAI's, of fused operators; the cache is extended in place. */
  record GenAi() implements GraphForm {}

  /**
   * Of standard operators, in transformers.js' folder layout; the cache goes in and comes out
   * longer.
   *
   * @param shapes that it is fixed to; empty for free ones
   */
  record Plain(Optional<StaticShapes> shapes) implements GraphForm {}
}
