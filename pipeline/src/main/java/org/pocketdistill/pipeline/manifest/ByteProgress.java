package org.pocketdistill.pipeline.manifest;

/** Is told of work over many bytes as it is done. */
@FunctionalInterface
public interface ByteProgress {
  /** Tells nobody. */
  ByteProgress NONE = bytes -> {};

  /** So many bytes more were read and hashed. */
  void add(long bytes);
}
