package org.pocketdistill.pipeline.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.pocketdistill.pipeline.torch.Torch;

/** Versions of everything that computes, for provenance. */
final class Versions {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Versions() {}

  static ObjectNode json() {
    return JSON.createObjectNode()
        .put("java", Runtime.version().toString())
        .put("engine", Torch.version())
        .put("threads", Torch.threads())
        .put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"))
        .put("allocator", System.getenv().getOrDefault("POCKETDISTILL_ALLOCATOR", "default"));
  }
}
