package org.pocketdistill.pipeline.lm;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.config.RuntimeConfig;
import org.pocketdistill.pipeline.onnx.GenAiConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A loaded graph and what its configuration says of it. Owns the session; close it.
 *
 * @param settings that the session was made with
 * @param fixed shapes that it is fixed to, if it is
 * @param adapter that it runs with
 */
record OrtGraph(
    GenAiConfig config,
    SessionSettings settings,
    OrtEnvironment environment,
    OrtSession session,
    Optional<FixedShapes> fixed,
    ActiveAdapter adapter)
    implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger("onnxruntime");
  private static final String POSITIONS = "position_ids";

  static OrtGraph open(Path folder, GenAiConfig config, RuntimeConfig runtime) {
    Path file = folder.resolve(config.fileName());
    if (!Files.isRegularFile(file)) {
      throw new DataException(file + ": no such file");
    }
    OrtEnvironment environment =
        OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "pocketdistill");
    SessionSettings settings = SessionSettings.of(runtime);
    if (!settings.missingProviders().isEmpty()) {
      LOG.info(
          "not in this build of ONNX Runtime and left out: {}",
          String.join(", ", SessionSettings.names(settings.missingProviders())));
    }
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      environment.setTelemetry(false);
      settings.applyTo(options);
      OrtSession session = environment.createSession(file.toString(), options);
      return of(config, settings, environment, session, file);
    } catch (OrtException e) {
      throw new DataException(file + ": ONNX Runtime cannot load it: " + e.getMessage(), e);
    }
  }

  private static OrtGraph of(
      GenAiConfig config,
      SessionSettings settings,
      OrtEnvironment environment,
      OrtSession session,
      Path file)
      throws OrtException {
    try {
      if (session.getInputNames().contains(POSITIONS) == config.sharedCache()) {
        throw new DataException(
            "%s: %s input '%s', expected the other by past_present_share_buffer of %s"
                .formatted(
                    file, config.sharedCache() ? "an" : "no", POSITIONS, GenAiConfig.FILE_NAME));
      }
      return new OrtGraph(
          config,
          settings,
          environment,
          session,
          FixedShapes.of(session, config, file),
          new ActiveAdapter());
    } catch (OrtException | RuntimeException e) {
      session.close();
      throw e;
    }
  }

  /** Computes the outputs into the tensors given for them. */
  void run(Map<String, OnnxTensor> inputs, Map<String, OnnxTensor> outputs) {
    try (OrtSession.Result result = run(inputs, outputs, adapter.options())) {
      if (result.size() != outputs.size()) {
        throw new IllegalStateException(
            "%d outputs, expected %d".formatted(result.size(), outputs.size()));
      }
    } catch (OrtException e) {
      throw adapter.failure(e);
    }
  }

  private OrtSession.Result run(
      Map<String, OnnxTensor> inputs,
      Map<String, OnnxTensor> outputs,
      OrtSession.RunOptions options)
      throws OrtException {
    return options == null
        ? session.run(inputs, outputs)
        : session.run(inputs, Set.of(), outputs, options);
  }

  @Override
  public void close() {
    adapter.close();
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException("ONNX Runtime failed: " + e.getMessage(), e);
    }
  }
}
