package org.pocketdistill.pipeline.config;

import java.util.List;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Rules;
import org.pocketdistill.data.SourceConfig;

/** Shape and training of a LoRA adapter; key names are those of PEFT. */
public record AdapterOptions(
    @Key(value = "files to train on; default: the job's training rows", defaultValue = "[]")
        List<SourceConfig> data,
    @Key(value = "rank", defaultValue = "8", min = 1) int r,
    @Key(
            value = "scale: alpha / r, or alpha / sqrt(r) with use_rslora",
            defaultValue = "16",
            min = 0)
        double loraAlpha,
    @Key(value = "dropout before A", defaultValue = "0", min = 0, max = 0.99) double loraDropout,
    @Key(value = "rank-stabilised scale", defaultValue = "false") boolean useRslora,
    @Key(
            value = "projections that get an adapter",
            defaultValue = "[q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj]")
        List<Projection> targetModules,
    @Key("training of the adapter") TrainConfig train)
    implements Checked {

  @Override
  public List<Contradiction> contradictions() {
    return new Rules()
        .require(!targetModules.isEmpty(), "expected at least one projection", "target_modules")
        .requireDistinct(targetModules, "target_modules")
        .require(
            train.optimizer() != TrainConfig.OptimizerName.MUON,
            "muon is for the matrices of whole layers; an adapter is trained with adamw",
            "train.optimizer")
        .broken();
  }

  /** A linear layer of a decoder block. */
  public enum Projection {
    Q_PROJ,
    K_PROJ,
    V_PROJ,
    O_PROJ,
    GATE_PROJ,
    UP_PROJ,
    DOWN_PROJ
  }
}
