package org.pocketdistill.pipeline.config;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Rules;

/**
 * How a student is cut out of the teacher: fewer layers, narrower layers, fewer tokens. What is not
 * named keeps the teacher's size, unless a target asks for a search.
 */
public record PruneConfig(
    @Key(
            value = "layers that stay: those that change the hidden state most (block influence)",
            min = 1)
        Optional<Integer> numHiddenLayers,
    @Key(
            value = "layers that stay, by number from 0; instead of num_hidden_layers",
            defaultValue = "[]",
            min = 0)
        List<Integer> layers,
    @Key(value = "hidden channels that stay, the same ones in every layer", min = 1)
        Optional<Integer> hiddenSize,
    @Key(value = "MLP neurons that stay in each layer", min = 1) Optional<Integer> intermediateSize,
    @Key(value = "query heads that stay in each layer", min = 1)
        Optional<Integer> numAttentionHeads,
    @Key(
            value = "key and value heads that stay in each layer; default: all of the teacher's",
            min = 1)
        Optional<Integer> numKeyValueHeads,
    @Key("heads_30: three tenths of the query heads go, key and value heads stay if they can")
        Optional<Preset> preset,
    @Key(value = "tokens that stay at most: those that the training rows use most", min = 1)
        Optional<Integer> vocabSize,
    @Key(
            value = "tokens that the training rows use less often than this go; 0: none",
            defaultValue = "0",
            min = 0)
        int minTokenCount,
    @Key(
            value =
                "most parameters of the student, for example 60M: sizes that are not named are searched",
            min = 1)
        Optional<Long> targetParameters,
    @Key(
            value =
                "most megabytes (10^6 bytes) of the int8 package: sizes that are not named are searched",
            min = 0.001)
        Optional<Double> targetPackageMb,
    @Key(
            value = "candidates of a search that are cut and scored on the calibration rows",
            defaultValue = "12",
            min = 1,
            max = 200)
        int candidates,
    @Key(
            value = "tokens of training rows that importance is measured on",
            defaultValue = "16384",
            min = 1)
        int calibrationTokens)
    implements Checked {

  public PruneConfig {
    layers = List.copyOf(layers);
  }

  @Override
  public List<Contradiction> contradictions() {
    return new Rules()
        .require(
            isSearch() || cutsSomething(),
            "nothing is cut; name a size, a target_parameters, or a vocab_size",
            "target_parameters",
            "num_hidden_layers")
        .require(
            layers.isEmpty() || numHiddenLayers.isEmpty(),
            "'layers' and 'num_hidden_layers' exclude each other",
            "layers",
            "num_hidden_layers")
        .requireDistinct(layers, "layers")
        .require(
            preset.isEmpty() || (numAttentionHeads.isEmpty() && numKeyValueHeads.isEmpty()),
            "a preset says how many heads stay; name them or take the preset",
            "preset",
            "num_attention_heads",
            "num_key_value_heads")
        .require(
            targetParameters.isEmpty() || targetPackageMb.isEmpty(),
            "one target is enough",
            "target_parameters",
            "target_package_mb")
        .require(
            !isSearch()
                || intermediateSize.isEmpty()
                || hiddenSize.isEmpty()
                || (numHiddenLayers.isEmpty() && layers.isEmpty()),
            "every size is named, so there is nothing to search; leave one out, or the target",
            "target_parameters",
            "target_package_mb")
        .broken();
  }

  /** Whether sizes that are not named are searched. */
  public boolean isSearch() {
    return targetParameters.isPresent() || targetPackageMb.isPresent();
  }

  /** Whether the student has fewer tokens than the teacher. */
  public boolean cutsVocabulary() {
    return vocabSize.isPresent() || minTokenCount > 0;
  }

  private boolean cutsSomething() {
    return !layers.isEmpty()
        || cutsVocabulary()
        || preset.isPresent()
        || Stream.of(
                numHiddenLayers, hiddenSize, intermediateSize, numAttentionHeads, numKeyValueHeads)
            .anyMatch(Optional::isPresent);
  }

  /** Named choice of sizes. */
  public enum Preset {
    HEADS_30
  }
}
