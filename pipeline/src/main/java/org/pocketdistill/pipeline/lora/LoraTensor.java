package org.pocketdistill.pipeline.lora;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pocketdistill.pipeline.model.Projection;

/**
 * A tensor of an adapter.
 *
 * @param path of the module that it belongs to, for example {@code model.layers.0.mlp.up_proj}
 */
record LoraTensor(String path, Part part) {
  static final String EMBEDDING = "model.embed_tokens";
  static final String HEAD = "lm_head";

  private static final String PREFIX = "base_model.model.";
  private static final Pattern LAYER =
      Pattern.compile(Pattern.quote(PREFIX) + "model\\.layers\\.(\\d{1,9})\\..*");

  /** What a tensor is for, and the end of its name in PEFT's files. */
  enum Part {
    A(".lora_A.weight"),
    B(".lora_B.weight"),
    EMBEDDING_A(".lora_embedding_A"),
    EMBEDDING_B(".lora_embedding_B"),
    MAGNITUDE(".lora_magnitude_vector"),
    WHOLE(".weight");

    private final String end;

    Part(String end) {
      this.end = end;
    }
  }

  /** Path of a projection. */
  static String path(int layer, Projection projection) {
    return "model.layers." + layer + "." + projection.module();
  }

  /** Name in PEFT's files. */
  String name() {
    return PREFIX + path + part.end;
  }

  /** Whether PEFT keeps this tensor of an adapted module beside the adapter, untrained. */
  static boolean isUntrained(String name) {
    return name.equals(PREFIX + EMBEDDING + ".base_layer.weight");
  }

  /** Number of the layer that a tensor belongs to, -1 for none. */
  static int layer(String name) {
    Matcher matcher = LAYER.matcher(name);
    return matcher.matches() ? Integer.parseInt(matcher.group(1)) : -1;
  }
}
