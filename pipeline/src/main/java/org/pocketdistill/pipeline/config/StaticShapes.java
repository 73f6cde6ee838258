package org.pocketdistill.pipeline.config;

import org.pocketdistill.config.Key;

/** Shapes that a plain graph is fixed to, for runtimes that compile for them. */
public record StaticShapes(
    @Key(value = "rows of one run", defaultValue = "1", min = 1, max = 64) int batch,
    @Key(
            value =
                "new tokens of one run; 1 decodes, more also read prompts in pieces; what is not"
                    + " used is padded",
            defaultValue = "1",
            min = 1,
            max = 1024)
        int sequence) {
  @Override
  public String toString() {
    return batch + "x" + sequence;
  }
}
