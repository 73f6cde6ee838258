package org.pocketdistill.pipeline.onnx;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.config.RuntimeConfig;
import org.pocketdistill.pipeline.config.RuntimeFile;
import org.pocketdistill.pipeline.manifest.PackageManifest;
import org.pocketdistill.pipeline.model.GenerationConfig;
import org.pocketdistill.pipeline.model.HfConfigFile;
import org.pocketdistill.pipeline.model.LowRankUpdate;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.NewFolder;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.model.TensorSource;
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
 * GPTQ needs a layer, the moments of a matrix's inputs and the calibration tokens' hidden states, a
 * choice of bits the whole model in fp32; a package that they made has {@link QuantizationFile}
 * beside the others.
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
   * @param chunkBytes largest size of a file of weights; a tensor lies in one file, so one that is
   *     larger has a file of its own size for itself
   * @param form which graph
   * @param adapters to be switched on at run time, each a file in {@code adapters/}
   * @param calibration of an int4 file, if its algorithm asks for it
   * @param runtime how a device is to run it; it keeps no more tokens than the package takes
   */
  public record Options(
      OnnxPrecision precision,
      int contextLength,
      Map<String, String> metadata,
      Int4Config int4,
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
      return precision == OnnxPrecision.INT4 && int4.isCalibrated();
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
          chunkBytes,
          new GraphForm.GenAi(),
          List.of(),
          Calibration.NONE,
          RuntimeConfig.DEFAULT);
    }

    /** The same with another graph. */
    public Options with(GraphForm other) {
      return new Options(
          precision,
          contextLength,
          metadata,
          int4,
          chunkBytes,
          other,
          adapters,
          calibration,
          runtime);
    }

    /** The same with adapters. */
    public Options with(List<OnnxAdapter> others) {
      return new Options(
          precision, contextLength, metadata, int4, chunkBytes, form, others, calibration, runtime);
    }

    /** The same with text to calibrate on. */
    public Options with(Calibration text) {
      return new Options(
          precision, contextLength, metadata, int4, chunkBytes, form, adapters, text, runtime);
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
    if (options.form() instanceof GraphForm.Plain plain) {
      provenance.put("graph", "plain");
      plain.shapes().ifPresent(shapes -> provenance.put("static_shapes", shapes.toString()));
    }
    return provenance;
  }

  private static void write(StoredModel model, Path folder, Options options) throws IOException {
    ModelConfig config = model.config();
    int context = Math.min(options.contextLength(), config.maxPositionEmbeddings());
    boolean plain = options.form() instanceof GraphForm.Plain;
    TransformersJsFolder layout = new TransformersJsFolder(options.precision());
    String file = plain ? layout.graph() : GRAPH_FILE;
    Files.createDirectories(folder.resolve(file).getParent());
    int dataFiles;
    try (ProjectionRounding rounding = rounding(model, options)) {
      dataFiles = writeGraph(model, folder.resolve(file), options, context, rounding);
      rounding.describe(folder);
    }
    writeAdapters(folder, options, adapterLayout(config, options));
    int headSize = plain ? config.headDim() : new HeadLayout(config.headDim()).paddedSize();
    new GenAiConfig(
            file,
            config.vocabSize(),
            context,
            config.numHiddenLayers(),
            config.numKeyValueHeads(),
            headSize,
            !plain)
        .write(
            folder,
            config,
            GenerationConfig.read(model.path()),
            options.precision() == OnnxPrecision.INT8);
    RuntimeFile.write(folder, options.runtime());
    writeConfiguration(model, folder);
    if (plain) {
      layout.describe(folder, config, dataFiles);
    }
  }

  private static ProjectionRounding rounding(StoredModel model, Options options)
      throws IOException {
    return Options.isCalibrated(options.precision(), options.int4())
        ? ProjectionRounding.calibrated(model, options.int4(), options.calibration())
        : ProjectionRounding.withoutText(options.int4());
  }

  /** Gives the number of files of weights. */
  private static int writeGraph(
      StoredModel model, Path file, Options options, int context, ProjectionRounding rounding)
      throws IOException {
    boolean plain = options.form() instanceof GraphForm.Plain;
    String data = file.getFileName() + (plain ? TransformersJsFolder.DATA : ".data");
    String separator = plain ? TransformersJsFolder.SEPARATOR : ".";
    try (TensorSource tensors = model.tensors();
        ExternalDataChunks chunks =
            new ExternalDataChunks(file.resolveSibling(data), separator, options.chunkBytes())) {
      ModelWeights weights = new ModelWeights(tensors);
      OnnxGraph graph = new OnnxGraph(chunks, plain ? OnnxDialect.PLAIN : OnnxDialect.GENAI);
      LinearLayers linear = linearLayers(graph, model.config(), options, rounding);
      DecoderOperators operators =
          options.form() instanceof GraphForm.Plain form
              ? new PlainOperators(graph, model.config(), weights, linear, form.shapes(), context)
              : new FusedOperators(graph, model.config(), weights, linear);
      new DecoderGraph(graph, model.config(), weights, linear, operators).build(context);
      try (OutputStream out = Files.newOutputStream(file)) {
        graph.model(options.metadata()).writeTo(out);
      }
      return chunks.count();
    }
  }

  private static LinearLayers linearLayers(
      OnnxGraph graph, ModelConfig config, Options options, ProjectionRounding rounding) {
    LinearLayers layers =
        linearLayers(graph, options, options.form() instanceof GraphForm.Plain, rounding);
    if (options.adapters().isEmpty()) {
      return layers;
    }
    Set<String> modules =
        options.adapters().stream()
            .flatMap(adapter -> adapter.updates().stream())
            .map(LowRankUpdate::module)
            .collect(Collectors.toSet());
    return new AdaptedLinearLayers(graph, layers, adapterLayout(config, options), modules);
  }

  private static AdapterLayout adapterLayout(ModelConfig config, Options options) {
    HeadLayout heads = new HeadLayout(config.headDim());
    boolean widened = options.form() instanceof GraphForm.GenAi && heads.isPadded();
    return new AdapterLayout(config, widened ? Optional.of(heads) : Optional.empty());
  }

  private static void writeAdapters(Path folder, Options options, AdapterLayout layout)
      throws IOException {
    for (OnnxAdapter adapter : options.adapters()) {
      Path file = folder.resolve(OnnxAdapter.path(adapter.name()));
      Files.createDirectories(file.getParent());
      AdapterFile.write(file, layout.tensors(adapter));
    }
  }

  private static LinearLayers linearLayers(
      OnnxGraph graph, Options options, boolean plain, ProjectionRounding rounding) {
    return switch (options.precision()) {
      case FP32 -> plain ? new PlainFloatLayers(graph) : new FloatLinearLayers(graph);
      case INT8 -> new Int8LinearLayers(graph, plain);
      case INT4 -> new BlockLinearLayers(graph, options.int4(), rounding);
    };
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
