package org.pocketdistill.pipeline.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.pocketdistill.eval.result.Comparison;
import org.pocketdistill.eval.result.EvaluationResults;
import org.pocketdistill.eval.result.ModelResult;
import org.pocketdistill.eval.result.ModelRole;
import org.pocketdistill.eval.result.TaskResult;
import org.pocketdistill.pipeline.config.GatesConfig;

/** What a job's gates say of its results. */
public final class Gates {
  private static final double BYTES_PER_MB = 1e6;

  private Gates() {}

  /**
   * The gates that the job sets, in the order of its keys.
   *
   * @param results empty if nothing was evaluated
   * @param peakRssBytes largest of all stages; empty if unknown
   * @param exports outputs of the export stage: by precision, what it says of the package
   */
  public static List<Gate> check(
      GatesConfig config,
      Optional<EvaluationResults> results,
      OptionalLong peakRssBytes,
      JsonNode exports) {
    Optional<ModelResult> shipped = results.flatMap(Gates::shipped);
    List<Gate> gates = new ArrayList<>();
    config
        .minRetention()
        .ifPresent(
            limit -> gates.add(Gate.atLeast("min_retention", limit, retention(results, shipped))));
    config
        .maxPackageMb()
        .ifPresent(
            limit ->
                gates.add(
                    Gate.atMost(
                        "max_package_mb",
                        limit,
                        shipped.map(s -> s.model().bytes() / BYTES_PER_MB))));
    config
        .maxPeakRssMb()
        .ifPresent(
            limit ->
                gates.add(
                    Gate.atMost(
                        "max_peak_rss_mb",
                        limit,
                        peakRssBytes.isPresent()
                            ? Optional.of(peakRssBytes.getAsLong() / BYTES_PER_MB)
                            : Optional.empty())));
    config
        .maxPhoneMemoryMb()
        .ifPresent(
            limit ->
                gates.add(
                    Gate.atMost(
                        "max_phone_memory_mb",
                        limit,
                        shipped
                            .map(
                                s -> exports.path(s.model().precision()).path("phone_memory_bytes"))
                            .flatMap(JsonFiles::whole)
                            .map(bytes -> bytes / BYTES_PER_MB))));
    return gates;
  }

  /** The smallest exported file, the first of equals. */
  static Optional<ModelResult> shipped(EvaluationResults results) {
    return results.models().stream()
        .filter(m -> m.model().role() == ModelRole.EXPORTED)
        .min(Comparator.comparingLong(m -> m.model().bytes()));
  }

  private static Optional<Double> retention(
      Optional<EvaluationResults> results, Optional<ModelResult> shipped) {
    Optional<ModelResult> teacher = results.flatMap(r -> r.first(ModelRole.TEACHER));
    if (shipped.isEmpty() || teacher.isEmpty() || shipped.get().tasks().isEmpty()) {
      return Optional.empty();
    }
    TaskResult first = shipped.get().tasks().get(0);
    return first.metrics().keySet().stream()
        .findFirst()
        .flatMap(
            metric ->
                results
                    .get()
                    .comparison(
                        first, metric, shipped.get().model().name(), teacher.get().model().name()))
        .map(Comparison::retention)
        .flatMap(retention -> retention.value());
  }
}
