package org.pocketdistill.pipeline.onnx;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.model.GenerationConfig;
import org.pocketdistill.pipeline.model.HfConfigFile;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.NewFolder;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.model.TensorSource;
import org.pocketdistill.pipeline.safetensors.Dtype;

/**
 * Turns a Hugging Face folder or a GGUF file into a package that ONNX Runtime, and ONNX Runtime
 * GenAI, load unchanged: {@code model.onnx}, {@code model.onnx.data}, {@code genai_config.json} and
 * the tokenizer's files.
 *
 * <p>The same model and options give the same bytes. Weights are streamed: at most one matrix row
 * and a stripe of 32 MiB are on the heap, with int4 the scales of a matrix, and with HQQ a matrix.
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
   * @param metadata provenance, written into the graph
   * @param int4 of that precision
   */
  public record Options(
      OnnxPrecision precision, int contextLength, Map<String, String> metadata, Int4Config int4) {
    public Options {
      metadata = Map.copyOf(metadata);
    }

    /** With int4 as it is unless something else is asked for. */
    public Options(OnnxPrecision precision, int contextLength, Map<String, String> metadata) {
      this(precision, contextLength, metadata, Int4Config.DEFAULT);
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
          write(StoredModel.open(model), folder, options);
          return check.check(folder);
        });
  }

  private static void write(StoredModel model, Path folder, Options options) throws IOException {
    ModelConfig config = model.config();
    int context = Math.min(options.contextLength(), config.maxPositionEmbeddings());
    try (TensorSource tensors = model.tensors();
        ExternalDataFile data = new ExternalDataFile(folder.resolve(GRAPH_FILE + ".data"))) {
      ModelWeights weights = new ModelWeights(tensors);
      OnnxGraph graph = new OnnxGraph(data);
      new DecoderGraph(graph, config, weights, linearLayers(graph, options)).build(context);
      try (OutputStream out = Files.newOutputStream(folder.resolve(GRAPH_FILE))) {
        graph.model(options.metadata()).writeTo(out);
      }
    }
    new GenAiConfig(
            GRAPH_FILE,
            config.vocabSize(),
            context,
            config.numHiddenLayers(),
            config.numKeyValueHeads(),
            new HeadLayout(config.headDim()).paddedSize())
        .write(
            folder,
            config,
            GenerationConfig.read(model.path()),
            options.precision() == OnnxPrecision.INT8);
    writeConfiguration(model, folder);
  }

  private static LinearLayers linearLayers(OnnxGraph graph, Options options) {
    return switch (options.precision()) {
      case FP32 -> new FloatLinearLayers(graph);
      case INT8 -> new Int8LinearLayers(graph);
      case INT4 -> new BlockLinearLayers(graph, options.int4());
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
