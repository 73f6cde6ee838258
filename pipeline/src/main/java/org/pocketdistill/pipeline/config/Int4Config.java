package org.pocketdistill.pipeline.config;

import java.util.List;
import java.util.Optional;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Rules;

/**
 * How an int4 file is rounded; names that ONNX Runtime GenAI's model builder has, too, mean the
 * same.
 */
public record Int4Config(
    @Key(
            value = "weights along a matrix's inputs that share a scale: 32, 64 or 128",
            defaultValue = "32")
        int blockSize,
    @Key(
            "false: a zero point for each block besides its scale; default: true with rtn and gptq,"
                + " false with hqq")
        Optional<Boolean> isSymmetric,
    @Key(
            value =
                "of the projections; rtn: to the nearest step, hqq: zero points between steps,"
                    + " optimised (ONNX Runtime's CPU kernel then computes in fp32, slower), gptq:"
                    + " by the second moments of each matrix's inputs on training rows",
            defaultValue = "rtn")
        Algorithm algorithm,
    @Key(
            value = "bits of embedding and head, which are rtn and symmetric always: 8 or 4",
            defaultValue = "8")
        int headBits,
    @Key(
            value = "4: activations are rounded to 8 bits in blocks as they come; 0: they are not",
            defaultValue = "4")
        int accuracyLevel,
    @Key(
            "gptq: columns in the order of their inputs' size (desc_act), not from left to right;"
                + " scales are found before, so that blocks stay blocks; default true")
        Optional<Boolean> actOrder,
    @Key(
            value =
                "gptq: added to the diagonal of the moments, as a share of its mean; default 0.01",
            min = 0,
            max = 1)
        Optional<Double> percdamp,
    @Key(
            value =
                "gptq, mixed: tokens of training rows to calibrate on, an error if there are fewer;"
                    + " default: up to 16384",
            min = 1)
        Optional<Integer> calibrationTokens,
    @Key("8 bits for the layers that lose most with 4, within a limit; default none")
        Optional<MixedConfig> mixed,
    @Key(
            "a training of the weights to make up for their rounding (rtn), from which the int4 file"
                + " is made; default none")
        Optional<RecoverConfig> recover)
    implements Checked {
  /** Sizes of a block that there are kernels for. */
  public static final List<Integer> BLOCK_SIZES = List.of(32, 64, 128);

  /** Bits of a head. */
  public static final List<Integer> HEAD_BITS = List.of(8, 4);

  /** Values of {@code accuracy_level}. */
  public static final List<Integer> ACCURACY_LEVELS = List.of(4, 0);

  /** What is taken where a job says nothing. */
  public static final Int4Config DEFAULT =
      new Int4Config(32, Optional.empty(), Algorithm.RTN, 8, 4);

  private static final double PERCDAMP = 0.01;
  private static final String OF_GPTQ = " belongs to algorithm gptq; leave it out";

  /** With the defaults of what calibration needs. */
  public Int4Config(
      int blockSize,
      Optional<Boolean> isSymmetric,
      Algorithm algorithm,
      int headBits,
      int accuracyLevel) {
    this(
        blockSize,
        isSymmetric,
        algorithm,
        headBits,
        accuracyLevel,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /** Without recovery. */
  public Int4Config(
      int blockSize,
      Optional<Boolean> isSymmetric,
      Algorithm algorithm,
      int headBits,
      int accuracyLevel,
      Optional<Boolean> actOrder,
      Optional<Double> percdamp,
      Optional<Integer> calibrationTokens,
      Optional<MixedConfig> mixed) {
    this(
        blockSize,
        isSymmetric,
        algorithm,
        headBits,
        accuracyLevel,
        actOrder,
        percdamp,
        calibrationTokens,
        mixed,
        Optional.empty());
  }

  @Override
  public List<Contradiction> contradictions() {
    return new Rules()
        .require(
            BLOCK_SIZES.contains(blockSize),
            "blocks of " + blockSize + " weights; take 32, 64 or 128",
            "block_size")
        .require(
            algorithm != Algorithm.HQQ || !isSymmetric.orElse(false),
            "hqq is about zero points; leave is_symmetric out, or take rtn",
            "is_symmetric",
            "algorithm")
        .require(
            HEAD_BITS.contains(headBits),
            "a head of " + headBits + " bits; take 8 or 4",
            "head_bits")
        .require(
            ACCURACY_LEVELS.contains(accuracyLevel),
            "accuracy_level " + accuracyLevel + "; take 4 or 0",
            "accuracy_level")
        .require(actOrder.isEmpty() || isGptq(), "act_order" + OF_GPTQ, "act_order")
        .require(percdamp.isEmpty() || isGptq(), "percdamp" + OF_GPTQ, "percdamp")
        .require(
            calibrationTokens.isEmpty() || isCalibrated(),
            "calibration_tokens belongs to algorithm gptq and to mixed; leave it out",
            "calibration_tokens")
        .require(
            recover.isEmpty() || algorithm == Algorithm.RTN,
            "recover trains weights for rounding to the nearest step; take algorithm rtn",
            "recover",
            "algorithm")
        .require(
            recover.isEmpty() || mixed.isEmpty(),
            "recover trains weights for 4 bits in every layer; remove one of the two",
            "recover",
            "mixed")
        .broken();
  }

  /** Whether rounding needs tokens that run through the model. */
  public boolean isCalibrated() {
    return isGptq() || mixed.isPresent();
  }

  /** Whether GPTQ rounds the layers. */
  public boolean isGptq() {
    return algorithm == Algorithm.GPTQ;
  }

  /** Whether GPTQ takes columns by falling diagonal of the moments. */
  public boolean ordersColumns() {
    return actOrder.orElse(true);
  }

  /** What GPTQ adds to the diagonal, as a share of its mean. */
  public double damping() {
    return percdamp.orElse(PERCDAMP);
  }

  /** Whether the blocks of the projections go without zero points. */
  public boolean symmetric() {
    return isSymmetric.orElse(algorithm != Algorithm.HQQ);
  }

  /** How the codes are found. */
  public enum Algorithm {
    RTN,
    HQQ,
    GPTQ
  }
}
