package org.pocketdistill.pipeline.onnx;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.calibrate.CalibrationTokens;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.config.Int8StaticConfig;
import org.pocketdistill.pipeline.config.RuntimeConfig;
import org.pocketdistill.pipeline.config.RuntimeFile;
import org.pocketdistill.pipeline.manifest.PackageManifest;
import org.pocketdistill.pipeline.model.GenerationConfig;
import org.pocketdistill.pipeline.model.HfConfigFile;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.NewFolder;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.safetensors.Dtype;

/**
 * Turns a Hugging Face folder or a GGUF file into a package that ONNX Runtime, and ONNX Runtime
 * GenAI, load unchanged: {@code model.onnx}, its weights in chunks {@code model.onnx.data}, {@code
 * model.onnx.data.1} and so on, {@code genai_config.json}, {@code runtime.json}, the tokenizer's
 * files, and at last {@code manifest.json} with the hashes of all of them. A {@link
 * GraphForm.Plain} graph goes to {@code onnx/}, in the layout of transformers.js.
 *
 * <p>The same model and options give the same bytes. Weights are streamed: at most one matrix row
 * and a stripe of 32 MiB are on the heap, with int4 the scales of a matrix, and with HQQ a matrix.
 * int8_static needs a layer, and the calibration tokens' hidden states with the inputs of a matrix;
 * GPTQ the moments of these inputs besides, a choice of bits the whole model in fp32. A package
 * that these two made has {@link QuantizationFile} beside the others.
 */
public final class OnnxExporter {
  /** Files copied from the model's folder where they exist. */
  private static final List<String> COPIED =
      List.of(
          "config.json",
          "generation_config.json",
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "merges.txt",
          "chat_template.jinja",
          "additional_chat_templates/tool_use.jinja");

  private static final String GRAPH_FILE = "model.onnx";

  private OnnxExporter() {}

  /**
   * How to export.
   *
   * @param contextLength longest sequence, which sizes the rotary tables; the model's own if
   *     shorter
   * @param metadata provenance, written into the graph and the manifest
   * @param int4 of that precision
   * @param int8Static of that precision
   * @param chunkBytes largest size of a file of weights; a tensor lies in one file, so one that is
   *     larger has a file of its own size for itself
   * @param form which graph
   * @param adapters to be switched on at run time, each a file in {@code adapters/}
   * @param calibration of int8_static, and of int4 if its algorithm asks for it
   * @param runtime how a device is to run it; it keeps no more tokens than the package takes
   */
  public record Options(
      OnnxPrecision precision,
      int contextLength,
      Map<String, String> metadata,
      Int4Config int4,
      Int8StaticConfig int8Static,
      long chunkBytes,
      GraphForm form,
      List<OnnxAdapter> adapters,
      Calibration calibration,
      RuntimeConfig runtime) {
    /** What app stores and downloads bear well. */
    public static final long CHUNK_BYTES = 100_000_000;

    public Options {
      metadata = Map.copyOf(metadata);
      adapters = List.copyOf(adapters);
    }

    /** Whether calibration tokens have to be there. */
    public static boolean isCalibrated(OnnxPrecision precision, Int4Config int4) {
      return precision == OnnxPrecision.INT8_STATIC
          || (precision == OnnxPrecision.INT4 && int4.isCalibrated());
    }

    /**
     * With int4 as it is unless something else is asked for, and chunks of {@link #CHUNK_BYTES}.
     */
    public Options(OnnxPrecision precision, int contextLength, Map<String, String> metadata) {
      this(precision, contextLength, metadata, Int4Config.DEFAULT, CHUNK_BYTES);
    }

    /** With ONNX Runtime GenAI's graph, default runtime settings, and no text to calibrate on. */
    public Options(
        OnnxPrecision precision,
        int contextLength,
        Map<String, String> metadata,
        Int4Config int4,
        long chunkBytes) {
      this(
          precision,
          contextLength,
          metadata,
          int4,
          Int8StaticConfig.DEFAULT,
          chunkBytes,
          new GraphForm.GenAi(),
          List.of(),
          Calibration.NONE,
          RuntimeConfig.DEFAULT);
    }

    /** The same with another graph. */
    public Options with(GraphForm other) {
      return with(int8Static, other, adapters, calibration);
    }

    /** The same with adapters. */
    public Options with(List<OnnxAdapter> others) {
      return with(int8Static, form, others, calibration);
    }

    /** The same with text to calibrate on. */
    public Options with(Calibration text) {
      return with(int8Static, form, adapters, text);
    }

    /** The same with other ranges of activations. */
    public Options with(Int8StaticConfig other) {
      return with(other, form, adapters, calibration);
    }

    private Options with(
        Int8StaticConfig ranges, GraphForm graph, List<OnnxAdapter> files, Calibration text) {
      return new Options(
          precision,
          contextLength,
          metadata,
          int4,
          ranges,
          chunkBytes,
          graph,
          files,
          text,
          runtime);
    }
  }

  /** Decides whether a package may be published; throws if not. */
  @FunctionalInterface
  public interface PackageCheck<T> {
    /** Examines the package in {@code folder}. */
    T check(Path folder) throws IOException;
  }

  /**
   * Writes a package beside {@code target}, has it checked, and only then gives it its name. An
   * older package there is replaced; it stays if anything fails.
   *
   * @return what the check found
   * @throws DataException if the folder's files do not hold or do not fit each other
   */
  public static <T> T export(Path model, Path target, Options options, PackageCheck<T> check)
      throws IOException {
    return NewFolder.write(
        target,
        folder -> {
          StoredModel stored = StoredModel.open(model);
          write(stored, folder, options);
          T result = check.check(folder);
          PackageManifest.of(folder, provenance(stored, options)).write(folder);
          return result;
        });
  }

  private static Map<String, String> provenance(StoredModel model, Options options) {
    Map<String, String> provenance = new TreeMap<>(options.metadata());
    Path path = model.path().toAbsolutePath().normalize();
    provenance.putIfAbsent("model", String.valueOf(path.getFileName()));
    provenance.put("model_type", model.config().modelType().key());
    provenance.put("parameters", Long.toString(model.config().parameters()));
    provenance.put("precision", options.precision().name().toLowerCase(Locale.ROOT));
    if (options.precision() == OnnxPrecision.INT8_STATIC) {
      provenance.putAll(ranges(options));
    }
    if (options.form() instanceof GraphForm.Plain plain) {
      provenance.put("graph", "plain");
      plain.shapes().ifPresent(shapes -> provenance.put("static_shapes", shapes.toString()));
    }
    return provenance;
  }

  private static Map<String, String> ranges(Options options) {
    Int8StaticConfig config = options.int8Static();
    Map<String, String> ranges = new TreeMap<>();
    String method = config.calibration().name().toLowerCase(Locale.ROOT);
    boolean percentile = config.calibration() == Int8StaticConfig.Calibration.PERCENTILE;
    ranges.put("calibration", percentile ? method + " " + config.percentile() : method);
    long tokens = CalibrationTokens.count(options.calibration().batches());
    ranges.put("calibration_tokens", Long.toString(tokens));
    config.smoothQuant().ifPresent(alpha -> ranges.put("smooth_quant", alpha.toString()));
    return ranges;
  }

  private static void write(StoredModel model, Path folder, Options options) throws IOException {
    ModelConfig config = model.config();
    int context = Math.min(options.contextLength(), config.maxPositionEmbeddings());
    boolean plain = options.form() instanceof GraphForm.Plain;
    TransformersJsFolder layout = new TransformersJsFolder(options.precision());
    String file = plain ? layout.graph() : GRAPH_FILE;
    Files.createDirectories(folder.resolve(file).getParent());
    int dataFiles;
    try (Rounding rounding = Rounding.of(model, options)) {
      GraphFile graph = new GraphFile(model, options, rounding);
      dataFiles = graph.write(folder.resolve(file), context);
      rounding.projections().describe(folder);
      for (OnnxAdapter adapter : options.adapters()) {
        graph.writeAdapter(folder.resolve(OnnxAdapter.path(adapter.name())), adapter);
      }
    }
    int headSize = plain ? config.headDim() : new HeadLayout(config.headDim()).paddedSize();
    new GenAiConfig(
            file,
            config.vocabSize(),
            context,
            config.numHiddenLayers(),
            config.numKeyValueHeads(),
            headSize,
            !plain)
        .write(folder, config, GenerationConfig.read(model.path()), options.precision().isInt8());
    RuntimeFile.write(folder, options.runtime());
    writeConfiguration(model, folder);
    if (plain) {
      layout.describe(folder, config, dataFiles);
    }
  }

  private static void writeConfiguration(StoredModel model, Path folder) throws IOException {
    if (!Files.isDirectory(model.path())) {
      HfConfigFile.write(model.config(), Dtype.F32, folder);
      model.writeTokenizer(folder);
      return;
    }
    for (String name : COPIED) {
      if (Files.exists(model.path().resolve(name))) {
        Files.createDirectories(folder.resolve(name).getParent());
        Files.copy(model.path().resolve(name), folder.resolve(name));
      }
    }
  }
}
