package org.pocketdistill.pipeline.config;

import java.util.Optional;
import org.pocketdistill.config.Key;

/** What the teacher says of the training rows, kept on disk, so that it runs once per corpus. */
public record CacheConfig(
    @Key(
            value =
                "most probable tokens of each distribution that are kept; what is left for all"
                    + " others is one more",
            defaultValue = "64",
            min = 1)
        int topK,
    @Key(
            "folder of caches, which jobs may share, seen from the working directory; default:"
                + " teacher-cache in the folder of the run")
        Optional<String> dir,
    @Key(
            value =
                "whether the teacher is read from disk layer by layer to fill the cache; auto: if its"
                    + " weights would take more than half of the memory",
            defaultValue = "auto")
        Streaming streaming) {
  /** When a teacher is streamed. */
  public enum Streaming {
    AUTO,
    ALWAYS,
    NEVER
  }
}
