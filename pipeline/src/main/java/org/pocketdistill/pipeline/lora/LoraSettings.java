package org.pocketdistill.pipeline.lora;

import java.util.EnumSet;
import java.util.Set;
import org.pocketdistill.pipeline.config.AdapterOptions;
import org.pocketdistill.pipeline.model.Projection;

/**
 * Options of an adapter; names are PEFT's.
 *
 * <pre>W' = W + scale · B A,  scale = alpha / r, or alpha / √r with use_rslora (arXiv 2312.03732)
 * </pre>
 *
 * @param r rank
 * @param targets projections of every layer that get an adapter
 */
public record LoraSettings(
    int r, double alpha, double dropout, boolean useRslora, Set<Projection> targets) {
  public LoraSettings {
    targets = Set.copyOf(targets);
  }

  /** Settings of a job. */
  public static LoraSettings of(AdapterOptions config) {
    Set<Projection> targets = EnumSet.noneOf(Projection.class);
    config.targetModules().forEach(target -> targets.add(Projection.valueOf(target.name())));
    return new LoraSettings(
        config.r(), config.loraAlpha(), config.loraDropout(), config.useRslora(), targets);
  }

  /** Factor on B A. */
  public double scale() {
    return useRslora ? alpha / Math.sqrt(r) : alpha / r;
  }
}
