package org.pocketdistill.pipeline.bench;

import java.util.List;
import java.util.Optional;
import org.pocketdistill.pipeline.config.PhoneConfig;

/** This machine as if it were a phone, with what is measured of it in a few seconds. */
public final class ThisMachine {
  /** Its name among phones. */
  public static final String NAME = "this machine";

  private static final int WIDTH = 1024;
  private static final int RUNS = 30;

  /** An app may take whatever it likes. */
  private static final double UNLIMITED_MB = 1e9;

  private ThisMachine() {}

  /**
   * Measures bandwidth of the memory and the rates of products.
   *
   * @param threads that the model is computed with
   */
  public static PhoneConfig measure(int threads) {
    return new PhoneConfig(
        NAME,
        UNLIMITED_MB,
        UNLIMITED_MB,
        MemoryBandwidth.gigabytesPerSecond(threads),
        ProductRate.gigaOps(ProductRate.Type.INT8, threads, WIDTH, RUNS),
        ProductRate.gigaOps(ProductRate.Type.FP32, threads, WIDTH, RUNS),
        Optional.empty(),
        List.of());
  }
}
