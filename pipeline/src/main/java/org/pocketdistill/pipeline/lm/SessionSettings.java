package org.pocketdistill.pipeline.lm;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions.ExecutionMode;
import ai.onnxruntime.providers.NNAPIFlags;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.pocketdistill.pipeline.config.ExecutionProviderConfig;
import org.pocketdistill.pipeline.config.RuntimeConfig;
import org.pocketdistill.pipeline.config.RuntimeConfig.SessionConfig;

/**
 * The options that a session of ONNX Runtime is made with.
 *
 * @param intraOpNumThreads threads that compute an operator
 * @param interOpNumThreads operators that are computed at once
 * @param allowSpinning whether waiting threads keep their processor busy
 * @param enableCpuMemArena whether memory between operators is kept
 * @param enableMemPattern whether it is laid out ahead
 * @param executionProviders that this build of ONNX Runtime has, in the order of preference, before
 *     the CPU's
 * @param missingProviders that were asked for and this build does not have
 */
public record SessionSettings(
    int intraOpNumThreads,
    int interOpNumThreads,
    boolean allowSpinning,
    boolean enableCpuMemArena,
    boolean enableMemPattern,
    List<ExecutionProviderConfig> executionProviders,
    List<ExecutionProviderConfig> missingProviders) {

  public SessionSettings {
    executionProviders = List.copyOf(executionProviders);
    missingProviders = List.copyOf(missingProviders);
  }

  /** What a package asks for, as far as this machine can. */
  static SessionSettings of(RuntimeConfig runtime) {
    return of(runtime, OrtEnvironment.getAvailableProviders());
  }

  static SessionSettings of(RuntimeConfig runtime, Set<OrtProvider> available) {
    List<ExecutionProviderConfig> used = new ArrayList<>();
    List<ExecutionProviderConfig> missing = new ArrayList<>();
    for (ExecutionProviderConfig provider : runtime.executionProviders()) {
      (available.contains(ortProvider(provider.name())) ? used : missing).add(provider);
    }
    SessionConfig session = runtime.session();
    return new SessionSettings(
        session.intraOpNumThreads().orElseGet(SessionSettings::defaultThreads),
        session.interOpNumThreads(),
        session.allowSpinning(),
        session.enableCpuMemArena(),
        session.enableMemPattern(),
        used,
        missing);
  }

  /** Names of execution providers, as {@code runtime.json} has them. */
  public static List<String> names(List<ExecutionProviderConfig> providers) {
    return providers.stream()
        .map(provider -> provider.name().name().toLowerCase(Locale.ROOT))
        .toList();
  }

  private static int defaultThreads() {
    String configured = System.getenv("OMP_NUM_THREADS");
    if (configured != null && configured.matches("[1-9][0-9]{0,3}")) {
      return Integer.parseInt(configured);
    }
    return Runtime.getRuntime().availableProcessors();
  }

  private static OrtProvider ortProvider(ExecutionProviderConfig.Provider provider) {
    return switch (provider) {
      case XNNPACK -> OrtProvider.XNNPACK;
      case NNAPI -> OrtProvider.NNAPI;
      case QNN -> OrtProvider.QNN;
      case COREML -> OrtProvider.CORE_ML;
    };
  }

  /** Sets the options. */
  void applyTo(OrtSession.SessionOptions options) throws OrtException {
    options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
    options.setIntraOpNumThreads(intraOpNumThreads);
    options.setInterOpNumThreads(interOpNumThreads);
    if (interOpNumThreads > 1) {
      options.setExecutionMode(ExecutionMode.PARALLEL);
    }
    options.setCPUArenaAllocator(enableCpuMemArena);
    options.setMemoryPatternOptimization(enableMemPattern);
    String spinning = allowSpinning ? "1" : "0";
    options.addConfigEntry("session.intra_op.allow_spinning", spinning);
    options.addConfigEntry("session.inter_op.allow_spinning", spinning);
    // Without VNNI, x86 sums pairs of 8-bit products in 16 bits that saturate.
    options.addConfigEntry("session.x64quantprecision", "1");
    for (ExecutionProviderConfig provider : executionProviders) {
      add(provider, options);
    }
  }

  private static void add(ExecutionProviderConfig provider, OrtSession.SessionOptions options)
      throws OrtException {
    switch (provider.name()) {
      case XNNPACK -> options.addXnnpack(provider.options());
      case QNN -> options.addQnn(provider.options());
      case COREML -> options.addCoreML(provider.options());
      case NNAPI -> options.addNnapi(flags(provider));
    }
  }

  private static EnumSet<NNAPIFlags> flags(ExecutionProviderConfig provider) {
    EnumSet<NNAPIFlags> flags = EnumSet.noneOf(NNAPIFlags.class);
    for (NNAPIFlags flag : NNAPIFlags.values()) {
      if ("1".equals(provider.options().get(flag.name().toLowerCase(Locale.ROOT)))) {
        flags.add(flag);
      }
    }
    return flags;
  }
}
