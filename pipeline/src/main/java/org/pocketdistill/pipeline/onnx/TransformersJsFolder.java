package org.pocketdistill.pipeline.onnx;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.model.GenerationConfig;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.safetensors.StrictJson;

/**
 * Names in a folder that {@code @huggingface/transformers} loads: the graph is {@code
 * onnx/model*.onnx} with an ending for its precision, its weights {@code NAME_data}, {@code
 * NAME_data_1} and so on, and {@code config.json} says how many files those are.
 */
record TransformersJsFolder(OnnxPrecision precision) {
  /** Folder of graphs. */
  static final String GRAPHS = "onnx";

  /** Ends the name of the first file of weights. */
  static final String DATA = "_data";

  /** Stands between the name of the first file of weights and the number of another one. */
  static final String SEPARATOR = "_";

  private static final long MAX_BYTES = 16_000_000;
  private static final JsonMapper MAPPER = new JsonMapper();

  /** Path of the graph in the folder. */
  String graph() {
    return GRAPHS + "/" + fileName();
  }

  private String fileName() {
    return switch (precision) {
      case FP32 -> "model.onnx";
      case FP16 -> "model_fp16.onnx";
      case INT8 -> "model_quantized.onnx";
      case INT8_STATIC -> "model_int8.onnx";
      case INT4 -> "model_q4.onnx";
    };
  }

  private String dtype() {
    return switch (precision) {
      case FP32 -> "fp32";
      case FP16 -> "fp16";
      case INT8 -> "q8";
      case INT8_STATIC -> "int8";
      case INT4 -> "q4";
    };
  }

  /**
   * Adds to {@code config.json} what to load, and writes {@code generation_config.json} where the
   * model has none.
   *
   * @param dataFiles number of files of weights
   */
  void describe(Path folder, ModelConfig model, int dataFiles) throws IOException {
    Path file = folder.resolve("config.json");
    ObjectNode config = StrictJson.readObject(file, MAX_BYTES);
    ObjectNode own = config.putObject("transformers.js_config");
    own.put("dtype", dtype());
    own.putObject("use_external_data_format").put(fileName(), dataFiles);
    write(config, file);
    Path generation = folder.resolve(GenerationConfig.FILE_NAME);
    if (!Files.exists(generation)) {
      ObjectNode settings = MAPPER.createObjectNode();
      model.bosTokenId().ifPresent(id -> settings.put("bos_token_id", id));
      model.eosTokenIds().forEach(settings.putArray("eos_token_id")::add);
      write(settings, generation);
    }
  }

  private static void write(ObjectNode json, Path file) throws IOException {
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n"));
    Files.writeString(file, MAPPER.writer(printer).writeValueAsString(json) + "\n");
  }
}
