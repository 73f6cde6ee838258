package org.pocketdistill.pipeline.calibrate;

/**
 * What rounding the matrices of one layer alone does to the model: the mean over calibration tokens
 * of KL(fp32 || rounded), nats.
 *
 * @param kl4 with 4 bits
 * @param kl8 with 8 bits
 */
public record LayerSensitivity(int layer, double kl4, double kl8) {
  /** What four more bits are worth. */
  double gain() {
    return kl4 - kl8;
  }
}
