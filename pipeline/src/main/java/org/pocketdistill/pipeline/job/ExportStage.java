package org.pocketdistill.pipeline.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.batch.TokenizedRows;
import org.pocketdistill.pipeline.calibrate.CalibrationTokens;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.lm.ExportCheck;
import org.pocketdistill.pipeline.lm.ExportCheck.Tolerance;
import org.pocketdistill.pipeline.lm.LanguageModelFolder;
import org.pocketdistill.pipeline.lm.OrtDecoder;
import org.pocketdistill.pipeline.lm.TorchDecoder;
import org.pocketdistill.pipeline.model.HfConfigFile;
import org.pocketdistill.pipeline.model.HfFolder;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.onnx.Calibration;
import org.pocketdistill.pipeline.onnx.GenAiConfig;
import org.pocketdistill.pipeline.onnx.OnnxExporter;
import org.pocketdistill.pipeline.onnx.QuantizationFile;
import org.pocketdistill.pipeline.plan.Int4Budget;
import org.pocketdistill.pipeline.plan.ModelBudget;
import org.pocketdistill.pipeline.plan.PackageFormat;
import org.pocketdistill.pipeline.plan.PhoneBudget;
import org.pocketdistill.pipeline.torch.ComputeDtype;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Exports the student as ONNX, and as GGUF; a file that differs from the trained model is not
 * shipped.
 */
final class ExportStage {
  private static final Logger LOG = LoggerFactory.getLogger("export");
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final int CALIBRATION_BATCH = 4;

  private final JobConfig job;
  private final PreparedData data;
  private final TrainedModel model;
  private final AdapterFiles adapters;
  private final Optional<Int4Recovery> recovery;

  /**
   * A stage.
   *
   * @param model that is shipped
   * @param recovery that the int4 file is made from, where the job asks for one
   */
  ExportStage(
      JobConfig job,
      PreparedData data,
      TrainedModel model,
      AdapterFiles adapters,
      Optional<Int4Recovery> recovery) {
    this.recovery = recovery;
    this.job = job;
    this.data = data;
    this.model = model;
    this.adapters = adapters;
  }

  /** Where the packages are, whether the stage runs now or ran earlier. */
  Exported exported(Path stage, String hash) {
    Map<OnnxPackage, Path> packages = new LinkedHashMap<>();
    for (OnnxPackage onnx : OnnxPackage.of(job.export())) {
      packages.put(onnx, stage.resolve(onnx.key()));
    }
    return new Exported(packages, adapters.names(), hash);
  }

  ObjectNode run(Path stage) throws IOException {
    ObjectNode outputs = JSON.createObjectNode();
    if (recovery.isPresent()) {
      outputs.set("recover", recovery.get().run(stage));
    }
    List<int[]> rows = checkRows();
    try (TorchDecoder reference =
        new TorchDecoder(HfFolder.load(model.folder(), ComputeDtype.FP32))) {
      for (Map.Entry<OnnxPackage, Path> target : exported(stage, "").packages().entrySet()) {
        OnnxPackage onnx = target.getKey();
        outputs.set(onnx.key(), write(onnx, target.getValue(), reference, rows));
        if (isRecovered(onnx)) {
          ObjectNode before = beforeRecovery(onnx, stage, reference, rows);
          outputs.withObject(onnx.key()).set("before_recovery", before);
        }
      }
      outputs.setAll(adapters.check(exported(stage, "").packages(), rows));
      if (!job.export().gguf().isEmpty()) {
        outputs.set("gguf", new GgufExports(job, model, reference, rows).write(stage));
      }
    }
    return outputs;
  }

  private boolean isRecovered(OnnxPackage onnx) {
    return recovery.isPresent() && onnx.precision() == OnnxPrecision.INT4;
  }

  private ObjectNode write(OnnxPackage onnx, Path target, TorchDecoder reference, List<int[]> rows)
      throws IOException {
    TrainedModel source = isRecovered(onnx) ? recovery.get().recovered(target.getParent()) : model;
    Tolerance tolerance =
        isRecovered(onnx) ? Tolerance.recovered() : Tolerance.of(onnx.precision());
    return output(
        onnx.precision(), target, export(onnx, source, target, reference, rows, tolerance));
  }

  /** What the package would be without recovery, on the same rows; it is not kept. */
  private ObjectNode beforeRecovery(
      OnnxPackage onnx, Path stage, TorchDecoder reference, List<int[]> rows) throws IOException {
    Path target = Int4Recovery.folder(stage).resolve("before-" + onnx.key());
    ExportCheck.Result result = export(onnx, model, target, reference, rows, Tolerance.unlimited());
    long bytes = new LanguageModelFolder(target).bytes();
    StageRunner.clear(target);
    return output(onnx.key() + " without recovery, not kept", bytes, result);
  }

  private ExportCheck.Result export(
      OnnxPackage onnx,
      TrainedModel source,
      Path target,
      TorchDecoder reference,
      List<int[]> rows,
      Tolerance tolerance)
      throws IOException {
    Map<String, String> provenance =
        Map.of("job", job.name(), "seed", Long.toString(job.seed()), "source_sha256", model.hash());
    OnnxExporter.Options options =
        new OnnxExporter.Options(
            onnx.precision(),
            job.export().contextLength(),
            provenance,
            job.export().int4(),
            job.export().int8Static(),
            job.export().chunkBytes(),
            onnx.form(),
            adapters.read(),
            calibration(onnx.precision()),
            job.export().runtime());
    ExportCheck.Result result =
        OnnxExporter.export(
            source.folder(),
            target,
            options,
            folder -> {
              try (OrtDecoder decoder = OrtDecoder.open(folder)) {
                return ExportCheck.run(reference, decoder, rows, tolerance);
              }
            });
    log(target.getFileName().toString(), result);
    return result;
  }

  /** Training rows, where the precision's algorithm looks at them. */
  private Calibration calibration(OnnxPrecision precision) throws IOException {
    Int4Config int4 = job.export().int4();
    if (!OnnxExporter.Options.isCalibrated(precision, int4)) {
      return Calibration.NONE;
    }
    boolean isInt4 = precision == OnnxPrecision.INT4;
    List<Batch> batches =
        CalibrationTokens.first(
            new RowBatches(job, data).of(data.train(), CALIBRATION_BATCH),
            isInt4 ? int4.calibrationTokens() : job.export().int8Static().calibrationTokens(),
            "export." + (isInt4 ? "int4" : "int8_static") + ": " + data.train());
    ModelConfig config = HfConfigFile.read(model.folder());
    Int4Budget budget = new Int4Budget(new ModelBudget(config), int4);
    int context = Math.min(job.export().contextLength(), config.maxPositionEmbeddings());
    return new Calibration(batches, widened -> budget.packageBytes(context, widened));
  }

  static void log(String file, ExportCheck.Result result) {
    LOG.info(
        "{}: {} positions, largest logit difference {}, mean KL {}, top-1 agreement {}",
        file,
        result.positions(),
        String.format(Locale.ROOT, "%.2e", result.maxLogitDifference()),
        String.format(Locale.ROOT, "%.2e", result.meanKl()),
        String.format(Locale.ROOT, "%.4f", result.top1Agreement()));
  }

  private ObjectNode output(OnnxPrecision precision, Path folder, ExportCheck.Result result)
      throws IOException {
    LanguageModelFolder written = new LanguageModelFolder(folder);
    ModelBudget budget = new ModelBudget(written.config());
    int context = job.export().sequenceLength();
    long loaded = written.bytes() + PackageFormat.of(precision).widenedBytes(budget);
    String graph = folder.getFileName() + "/" + GenAiConfig.read(folder).fileName();
    ObjectNode output =
        output(graph, written.bytes(), result)
            .put("phone_memory_bytes", PhoneBudget.memoryBytes(budget, loaded, context));
    QuantizationFile.read(folder).ifPresent(found -> output.set("quantization", found));
    return output;
  }

  /** What is recorded of an exported file. */
  static ObjectNode output(String file, long bytes, ExportCheck.Result result) {
    return JSON.createObjectNode()
        .put("file", file)
        .put("bytes", bytes)
        .put("positions", result.positions())
        .put("max_abs_diff", result.maxLogitDifference())
        .put("kl_mean", result.meanKl())
        .put("top1_agreement", result.top1Agreement())
        .put("greedy_tokens", result.greedyTokens())
        .put("greedy_compared", result.greedyCompared())
        .put("cache_kl", result.cacheKl());
  }

  /** Conversations of the first evaluation set, or of the training rows without one. */
  private List<int[]> checkRows() {
    Path source = data.sets().values().stream().findFirst().orElse(data.train());
    TokenizedRows rows = new TokenRows(job, data).whole(source);
    List<int[]> picked = new ArrayList<>();
    for (int i = 0; i < rows.size() && picked.size() < job.export().checkPrompts(); i++) {
      int length = Math.min(rows.length(i), job.export().sequenceLength());
      picked.add(Arrays.copyOf(rows.get(i).inputIds(), length));
    }
    return picked;
  }
}
