package org.pocketdistill.pipeline.config;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
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
    @Key(value = "weights split into direction and magnitude (DoRA)", defaultValue = "false")
        boolean useDora,
    @Key(
            value = "rank by regular expression of the module's path or its end; the first counts",
            defaultValue = "{}",
            min = 1)
        Map<String, Integer> rankPattern,
    @Key(value = "alpha by regular expression, like rank_pattern", defaultValue = "{}", min = 0)
        Map<String, Double> alphaPattern,
    @Key(
            value = "projections that get an adapter, and embed_tokens",
            defaultValue = "[q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj]")
        List<Target> targetModules,
    @Key(
            value =
                "trained as a whole; a model whose embedding serves as head gets one of its own",
            defaultValue = "[]")
        List<SavedModule> modulesToSave,
    @Key(
            value =
                "frozen projections in memory; nf4: in 4 bits (QLoRA), and the adapter is merged into what they stand for",
            defaultValue = "none")
        Quantization quantization,
    @Key(value = "the scales of nf4 in 8 bits", defaultValue = "false") boolean doubleQuant,
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
        .require(
            !useDora || !targetModules.contains(Target.EMBED_TOKENS),
            "use_dora is for projections; leave embed_tokens out of target_modules",
            "use_dora",
            "target_modules")
        .requireDistinct(modulesToSave, "modules_to_save")
        .require(
            !doubleQuant || quantization == Quantization.NF4,
            "double_quant belongs to quantization nf4",
            "double_quant",
            "quantization")
        .addAll(notExpressions(rankPattern.keySet(), "rank_pattern"))
        .addAll(notExpressions(alphaPattern.keySet(), "alpha_pattern"))
        .broken();
  }

  private static List<Contradiction> notExpressions(Set<String> patterns, String key) {
    Rules rules = new Rules();
    for (String pattern : patterns) {
      try {
        Pattern.compile(pattern);
      } catch (PatternSyntaxException e) {
        rules.require(
            false,
            "'%s' is not a regular expression: %s".formatted(pattern, e.getDescription()),
            key);
      }
    }
    return rules.broken();
  }

  /** A linear layer of each decoder block, or the embedding. */
  public enum Target {
    Q_PROJ,
    K_PROJ,
    V_PROJ,
    O_PROJ,
    GATE_PROJ,
    UP_PROJ,
    DOWN_PROJ,
    EMBED_TOKENS
  }

  /** How frozen projections are kept. */
  public enum Quantization {
    NONE,
    NF4
  }

  /** A module that is trained and stored as a whole. */
  public enum SavedModule {
    LM_HEAD
  }
}
