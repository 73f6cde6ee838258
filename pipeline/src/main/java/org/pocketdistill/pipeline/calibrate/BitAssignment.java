package org.pocketdistill.pipeline.calibrate;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.IntToLongFunction;
import org.pocketdistill.data.DataException;

/**
 * Bits of each layer. All layers have the same matrices, so that the best choice of n layers for 8
 * bits is those that gain most, and fewer are always cheaper.
 *
 * @param layers what each loses with 4 and with 8 bits
 * @param bits of each, 4 or 8
 */
public record BitAssignment(List<LayerSensitivity> layers, List<Integer> bits) {
  private static final int FEW = 4;
  private static final int MANY = 8;
  private static final double MEGABYTE = 1e6;

  /**
   * As many layers with 8 bits as a limit of size allows.
   *
   * @param bytes of a package with so many such layers
   * @throws DataException if not even 4 bits everywhere are within the limit
   */
  public static BitAssignment within(
      double megabytes, List<LayerSensitivity> layers, IntToLongFunction bytes) {
    int count = 0;
    while (count < layers.size() && bytes.applyAsLong(count + 1) <= megabytes * MEGABYTE) {
      count++;
    }
    if (bytes.applyAsLong(0) > megabytes * MEGABYTE) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "target_mb %s: with 4 bits in every layer the package takes about %.1f MB; raise it,"
                  + " or take larger blocks or head_bits 4",
              megabytes,
              bytes.applyAsLong(0) / MEGABYTE));
    }
    return of(layers, count);
  }

  /**
   * As few layers with 8 bits as a limit of the divergence asks for.
   *
   * @throws DataException if not even 8 bits everywhere are within the limit
   */
  public static BitAssignment within(double kl, List<LayerSensitivity> layers) {
    int count = 0;
    while (count < layers.size() && of(layers, count).kl() > kl) {
      count++;
    }
    BitAssignment found = of(layers, count);
    if (found.kl() > kl) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "max_kl %s: with 8 bits in every layer the divergence is about %.2e nats; raise it, or"
                  + " export int8 or fp32",
              kl,
              found.kl()));
    }
    return found;
  }

  private static BitAssignment of(List<LayerSensitivity> layers, int count) {
    Integer[] bits = new Integer[layers.size()];
    Arrays.fill(bits, FEW);
    layers.stream()
        .sorted(Comparator.comparingDouble((LayerSensitivity layer) -> -layer.gain()))
        .limit(count)
        .forEach(layer -> bits[layer.layer()] = MANY);
    return new BitAssignment(layers, List.of(bits));
  }

  /** Sum of what the layers lose, each rounded alone. */
  public double kl() {
    double sum = 0;
    for (LayerSensitivity layer : layers) {
      sum += bits.get(layer.layer()) == FEW ? layer.kl4() : layer.kl8();
    }
    return sum;
  }

  /** Number of layers with 8 bits. */
  public int widened() {
    return (int) bits.stream().filter(any -> any == MANY).count();
  }
}
