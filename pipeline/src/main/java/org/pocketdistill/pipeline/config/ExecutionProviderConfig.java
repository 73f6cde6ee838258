package org.pocketdistill.pipeline.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Nearest;
import org.pocketdistill.config.Rules;

/**
 * An execution provider with its options, whose names and values are those of ONNX Runtime's own
 * {@code provider_options}: texts, also where they are numbers.
 */
public record ExecutionProviderConfig(
    @Key("which one") Provider name,
    @Key(
            value =
                "its options by ONNX Runtime's names, values in quotes; nnapi: use_fp16, use_nchw,"
                    + " cpu_disabled, cpu_only ('1' or '0')",
            defaultValue = "{}")
        Map<String, String> options)
    implements Checked {
  private static final List<String> ANY = List.of();
  private static final List<String> FLAG = List.of("0", "1");

  @Override
  public List<Contradiction> contradictions() {
    Rules rules = new Rules();
    Map<String, List<String>> known = name.options();
    options.forEach(
        (option, value) -> {
          String key = "options." + option;
          List<String> values = known.getOrDefault(option, ANY);
          rules
              .require(
                  known.containsKey(option),
                  "no option of %s, %s".formatted(key(name), Nearest.hint(option, known.keySet())),
                  key,
                  "name")
              .require(
                  values.isEmpty() || values.contains(value),
                  "'%s', expected one of %s".formatted(value, String.join(", ", values)),
                  key,
                  "name");
        });
    return rules.broken();
  }

  private static String key(Provider provider) {
    return provider.name().toLowerCase(Locale.ROOT);
  }

  /** Execution providers of phones. */
  public enum Provider {
    /** Kernels for ARM and x86 CPUs. */
    XNNPACK,
    /** Android's neural networks API. */
    NNAPI,
    /** Qualcomm's AI Engine Direct. */
    QNN,
    /** Apple's. */
    COREML;

    /** Options that are known, each with the values that it may have; any value where none is. */
    Map<String, List<String>> options() {
      Map<String, List<String>> options =
          switch (this) {
            case XNNPACK -> Map.of("intra_op_num_threads", ANY);
            case NNAPI ->
                Map.of("use_fp16", FLAG, "use_nchw", FLAG, "cpu_disabled", FLAG, "cpu_only", FLAG);
            case QNN -> qnn();
            case COREML -> coreMl();
          };
      return new TreeMap<>(options);
    }

    private static Map<String, List<String>> qnn() {
      Map<String, List<String>> options = new TreeMap<>();
      for (String any :
          List.of("backend_path", "soc_model", "device_id", "vtcm_mb", "rpc_control_latency")) {
        options.put(any, ANY);
      }
      options.put("backend_type", List.of("cpu", "gpu", "htp", "saver"));
      options.put("profiling_level", List.of("off", "basic", "detailed"));
      options.put("qnn_context_priority", List.of("low", "normal", "normal_high", "high"));
      options.put("htp_graph_finalization_optimization_mode", List.of("0", "1", "2", "3"));
      options.put("htp_arch", List.of("0", "68", "69", "73", "75"));
      options.put("enable_htp_fp16_precision", FLAG);
      options.put("offload_graph_io_quantization", FLAG);
      List<String> modes = new ArrayList<>(List.of("burst", "balanced", "default"));
      modes.addAll(List.of("high_performance", "high_power_saver", "low_balanced"));
      modes.addAll(List.of("low_power_saver", "power_saver", "extreme_power_saver"));
      modes.add("sustained_high_performance");
      options.put("htp_performance_mode", modes);
      return options;
    }

    private static Map<String, List<String>> coreMl() {
      Map<String, List<String>> options = new TreeMap<>();
      options.put("ModelFormat", List.of("MLProgram", "NeuralNetwork"));
      options.put("MLComputeUnits", List.of("CPUOnly", "CPUAndNeuralEngine", "CPUAndGPU", "ALL"));
      options.put("SpecializationStrategy", List.of("Default", "FastPrediction"));
      options.put("ModelCacheDirectory", ANY);
      for (String flag :
          List.of(
              "RequireStaticInputShapes",
              "EnableOnSubgraphs",
              "ProfileComputePlan",
              "AllowLowPrecisionAccumulationOnGPU")) {
        options.put(flag, FLAG);
      }
      return options;
    }
  }
}
