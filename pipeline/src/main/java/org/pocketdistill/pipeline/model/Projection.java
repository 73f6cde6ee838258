package org.pocketdistill.pipeline.model;

import java.util.Locale;

/** A linear layer of a decoder block, in the order of the kernels. */
public enum Projection {
  Q_PROJ("self_attn"),
  K_PROJ("self_attn"),
  V_PROJ("self_attn"),
  O_PROJ("self_attn"),
  GATE_PROJ("mlp"),
  UP_PROJ("mlp"),
  DOWN_PROJ("mlp");

  private final String parent;

  Projection(String parent) {
    this.parent = parent;
  }

  /** Last part of its module path, for example {@code q_proj}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Module path inside a layer, for example {@code self_attn.q_proj}. */
  public String module() {
    return parent + "." + key();
  }

  /** Width of its input. */
  public int inputs(ModelConfig config) {
    return switch (this) {
      case Q_PROJ, K_PROJ, V_PROJ, GATE_PROJ, UP_PROJ -> config.hiddenSize();
      case O_PROJ -> config.numAttentionHeads() * config.headDim();
      case DOWN_PROJ -> config.intermediateSize();
    };
  }

  /** Width of its output. */
  public int outputs(ModelConfig config) {
    return switch (this) {
      case Q_PROJ -> config.numAttentionHeads() * config.headDim();
      case K_PROJ, V_PROJ -> config.numKeyValueHeads() * config.headDim();
      case O_PROJ, DOWN_PROJ -> config.hiddenSize();
      case GATE_PROJ, UP_PROJ -> config.intermediateSize();
    };
  }
}
