package org.pocketdistill.pipeline.onnx;

/** Versions of the file format and of the operators, and where small tensors go. */
enum OnnxDialect {
  /** What ONNX Runtime GenAI's model builder writes; every tensor is external. */
  GENAI(10, 21, 0),
  /**
   * What other runtimes and converters read as well. MNN's converter crashes on scalars in external
   * files.
   */
  PLAIN(8, 17, 1024);

  private static final int REDUCTIONS_TAKE_AXES_AS_INPUT = 18;

  private final int irVersion;
  private final int opset;
  private final int inlineBytes;

  OnnxDialect(int irVersion, int opset, int inlineBytes) {
    this.irVersion = irVersion;
    this.opset = opset;
    this.inlineBytes = inlineBytes;
  }

  int irVersion() {
    return irVersion;
  }

  /** Version of the standard operators. */
  int opset() {
    return opset;
  }

  /** Tensors of fewer bytes stay in the graph's own file. */
  int inlineBytes() {
    return inlineBytes;
  }

  /** Whether ReduceMean and ReduceMax have their axes as an input, not as an attribute. */
  boolean axesAreInputs() {
    return opset >= REDUCTIONS_TAKE_AXES_AS_INPUT;
  }
}
