package org.pocketdistill.pipeline.recover;

import org.pocketdistill.pipeline.onnx.HeadLayout;
import org.pocketdistill.pipeline.quantize.BlockFormat;

/**
 * How a matrix is laid in blocks and rounded to the nearest step.
 *
 * @param symmetric without zero points
 * @param half columns that stand together; 0 if all do
 * @param wide columns that they take in the graph, with zeros behind them; 0 if all stand together
 */
record BlockGrid(BlockFormat format, boolean symmetric, int half, int wide) {
  /** Of a matrix whose columns stand as they are. */
  BlockGrid(BlockFormat format, boolean symmetric) {
    this(format, symmetric, 0, 0);
  }

  /** The same of a matrix whose inputs are heads, which the graph may widen. */
  BlockGrid ofHeads(HeadLayout heads) {
    return heads.paddedSize() == heads.size()
        ? this
        : new BlockGrid(format, symmetric, heads.size() / 2, heads.paddedSize() / 2);
  }

  /** As the kernel takes it. */
  long[] settings() {
    return new long[] {format.blockSize(), format.largestCode(), symmetric ? 1 : 0, half, wide};
  }
}
