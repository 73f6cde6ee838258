package org.pocketdistill.pipeline.model;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** How the rotary embedding is stretched beyond the length a model was first trained on. */
public sealed interface RopeScaling {
  /** Writes the {@code rope_scaling} object of config.json. */
  void write(ObjectNode target);

  /** Plain rotary embedding. */
  record None() implements RopeScaling {
    @Override
    public void write(ObjectNode target) {}
  }

  /** Position interpolation: frequencies divided by {@code factor}. */
  record Linear(double factor) implements RopeScaling {
    @Override
    public void write(ObjectNode target) {
      target.put("rope_type", "linear").put("factor", factor);
    }
  }

  /** Llama 3.1: long wavelengths divided by {@code factor}, short ones kept, smooth between. */
  record Llama3(double factor, double lowFreqFactor, double highFreqFactor, int originalLength)
      implements RopeScaling {
    @Override
    public void write(ObjectNode target) {
      target
          .put("rope_type", "llama3")
          .put("factor", factor)
          .put("low_freq_factor", lowFreqFactor)
          .put("high_freq_factor", highFreqFactor)
          .put("original_max_position_embeddings", originalLength);
    }
  }

  /** YaRN (arXiv 2309.00071): interpolation by frequency band, and hotter attention. */
  record Yarn(double factor, double betaFast, double betaSlow, int originalLength)
      implements RopeScaling {
    @Override
    public void write(ObjectNode target) {
      target
          .put("rope_type", "yarn")
          .put("factor", factor)
          .put("beta_fast", betaFast)
          .put("beta_slow", betaSlow)
          .put("original_max_position_embeddings", originalLength);
    }
  }
}
