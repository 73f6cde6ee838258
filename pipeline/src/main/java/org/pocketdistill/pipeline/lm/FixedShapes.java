package org.pocketdistill.pipeline.lm;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.file.Path;
import java.util.Optional;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.onnx.GenAiConfig;
import org.pocketdistill.pipeline.onnx.KvNames;

/**
 * Shapes that a graph is fixed to.
 *
 * @param batch rows of one run
 * @param sequence new tokens of each
 * @param past tokens that the cache has room for
 */
record FixedShapes(int batch, int sequence, int past) {
  /**
   * What a graph's inputs say; empty if they are free.
   *
   * @throws DataException if only some are fixed, or the cache is too short for the context
   */
  static Optional<FixedShapes> of(OrtSession session, GenAiConfig config, Path file)
      throws OrtException {
    long[] ids = shape(session, "input_ids", 2, file);
    long[] past = shape(session, KvNames.pastKey(0), 4, file);
    if (ids[0] < 0 && ids[1] < 0 && past[2] < 0) {
      return Optional.empty();
    }
    if (ids[0] < 1 || ids[1] < 1 || past[2] < config.contextLength() - 1L) {
      throw new DataException(
          "%s: input_ids [%d, %d] and a cache of %d tokens, expected free lengths, or fixed ones with a cache of at least %d, one below the context_length of %s"
              .formatted(
                  file,
                  ids[0],
                  ids[1],
                  past[2],
                  config.contextLength() - 1,
                  GenAiConfig.FILE_NAME));
    }
    return Optional.of(
        new FixedShapes(
            Math.toIntExact(ids[0]), Math.toIntExact(ids[1]), Math.toIntExact(past[2])));
  }

  private static long[] shape(OrtSession session, String input, int dimensions, Path file)
      throws OrtException {
    var node = session.getInputInfo().get(input);
    if (node == null
        || !(node.getInfo() instanceof TensorInfo tensor)
        || tensor.getShape().length != dimensions) {
      throw new DataException(
          "%s: expected an input '%s' of %d dimensions".formatted(file, input, dimensions));
    }
    return tensor.getShape();
  }
}
