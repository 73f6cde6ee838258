package org.pocketdistill.pipeline.lora;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.pocketdistill.pipeline.config.AdapterOptions;
import org.pocketdistill.pipeline.config.AdapterOptions.SavedModule;

/**
 * Options of an adapter; names are PEFT's.
 *
 * <pre>W' = W + scale · B A,  scale = alpha / r, or alpha / √r with use_rslora (arXiv 2312.03732)
 * W' = m / ‖W + scale · B A‖ · (W + scale · B A) with use_dora (arXiv 2402.09353), by rows
 * </pre>
 *
 * @param r rank of modules that no pattern names
 * @param alpha the same for the scale
 * @param rankPattern ranks by regular expression, the first that matches counts
 * @param alphaPattern alphas by regular expression
 * @param savesHead whether the head is trained as a whole
 */
public record LoraSettings(
    int r,
    double alpha,
    double dropout,
    boolean useRslora,
    boolean useDora,
    TargetModules targets,
    Map<String, Integer> rankPattern,
    Map<String, Double> alphaPattern,
    boolean savesHead) {
  /** Keeps copies in the same order, which counts. */
  public LoraSettings {
    rankPattern = Collections.unmodifiableMap(new LinkedHashMap<>(rankPattern));
    alphaPattern = Collections.unmodifiableMap(new LinkedHashMap<>(alphaPattern));
  }

  /** Settings of a job. */
  public static LoraSettings of(AdapterOptions config) {
    List<String> targets =
        config.targetModules().stream()
            .map(target -> target.name().toLowerCase(Locale.ROOT))
            .toList();
    return new LoraSettings(
        config.r(),
        config.loraAlpha(),
        config.loraDropout(),
        config.useRslora(),
        config.useDora(),
        TargetModules.of(targets),
        config.rankPattern(),
        config.alphaPattern(),
        config.modulesToSave().contains(SavedModule.LM_HEAD));
  }

  /** Rank of the module with this path. */
  int rank(String path) {
    return first(rankPattern, path, r);
  }

  /** Factor on B A of the module with this path. */
  double scale(String path) {
    double own = first(alphaPattern, path, alpha);
    int rank = rank(path);
    return useRslora ? own / Math.sqrt(rank) : own / rank;
  }

  /** A pattern counts for a path or its end: {@code ^} holds only at the very start. */
  private static <T> T first(Map<String, T> patterns, String path, T otherwise) {
    return patterns.entrySet().stream()
        .filter(
            entry -> Pattern.compile("(.*\\.)?(" + entry.getKey() + ")$").matcher(path).lookingAt())
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(otherwise);
  }
}
