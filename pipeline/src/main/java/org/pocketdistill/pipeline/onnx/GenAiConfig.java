package org.pocketdistill.pipeline.onnx;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.model.GenerationConfig;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.safetensors.StrictJson;

/**
 * What a runtime must know of an exported decoder: the part of {@code genai_config.json} that is
 * needed to run it.
 *
 * @param fileName of the graph, in the folder of the configuration or in {@code onnx/}
 * @param contextLength longest sequence
 * @param headSize elements of a head in the cache, zeros included
 * @param sharedCache whether the cache that comes out is the one that went in, extended in place;
 *     if not, it is a longer one, and the positions of the tokens are an input
 */
public record GenAiConfig(
    String fileName,
    int vocabSize,
    int contextLength,
    int numHiddenLayers,
    int numKeyValueHeads,
    int headSize,
    boolean sharedCache) {
  /** Name of the file in a package; a folder that holds it is an exported package. */
  public static final String FILE_NAME = "genai_config.json";

  private static final long MAX_BYTES = 1_000_000;
  private static final String SHARED_CACHE = "past_present_share_buffer";
  private static final String SUBFOLDER = TransformersJsFolder.GRAPHS + "/";
  private static final JsonMapper MAPPER = new JsonMapper();

  /**
   * Reads the file of a package.
   *
   * @throws DataException if it is missing or a needed value is not there
   */
  public static GenAiConfig read(Path folder) throws IOException {
    Path file = folder.resolve(FILE_NAME);
    JsonNode root = StrictJson.readObject(file, MAX_BYTES);
    JsonNode model = root.path("model");
    JsonNode decoder = model.path("decoder");
    String fileName = decoder.path("filename").asText();
    String name =
        fileName.startsWith(SUBFOLDER) ? fileName.substring(SUBFOLDER.length()) : fileName;
    if (name.isEmpty() || name.contains("/") || name.contains("\\")) {
      throw new DataException(
          "%s: model.decoder.filename: %s, expected a file name without folder, or one in onnx/"
              .formatted(file, decoder.path("filename")));
    }
    return new GenAiConfig(
        fileName,
        positive(file, model, "vocab_size"),
        positive(file, model, "context_length"),
        positive(file, decoder, "num_hidden_layers"),
        positive(file, decoder, "num_key_value_heads"),
        positive(file, decoder, "head_size"),
        root.path("search").path(SHARED_CACHE).asBoolean(true));
  }

  private static int positive(Path file, JsonNode object, String key) {
    JsonNode node = object.path(key);
    if (!node.canConvertToInt() || !node.isIntegralNumber() || node.intValue() < 1) {
      throw new DataException(
          "%s: %s: %s, expected a whole number above 0"
              .formatted(file, key, node.isMissingNode() ? "missing" : node));
    }
    return node.intValue();
  }

  /**
   * Writes the file with the fewest keys: runtimes refuse those they do not know.
   *
   * @param generation how the model is meant to generate
   * @param exact8Bit whether 8-bit products must be kept from saturating on x86 without VNNI
   */
  void write(Path folder, ModelConfig config, GenerationConfig generation, boolean exact8Bit)
      throws IOException {
    ObjectNode root = MAPPER.createObjectNode();
    ObjectNode model = root.putObject("model");
    model.put("type", config.modelType().key());
    model.put("vocab_size", vocabSize).put("context_length", contextLength);
    config.bosTokenId().ifPresent(id -> model.put("bos_token_id", id));
    List<Integer> eos = config.eosTokenIds();
    if (eos.size() == 1) {
      model.put("eos_token_id", eos.get(0));
    } else if (!eos.isEmpty()) {
      eos.forEach(model.putArray("eos_token_id")::add);
    }
    if (config.padTokenId().isPresent() || !eos.isEmpty()) {
      model.put("pad_token_id", config.padTokenId().orElseGet(() -> eos.get(0)));
    }
    writeDecoder(model.putObject("decoder"), config, exact8Bit);
    writeSearch(root.putObject("search"), generation);
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n"));
    Files.writeString(
        folder.resolve(FILE_NAME), MAPPER.writer(printer).writeValueAsString(root) + "\n");
  }

  private void writeSearch(ObjectNode search, GenerationConfig generation) {
    search.put("do_sample", generation.doSample());
    if (generation.doSample()) {
      search.put("temperature", generation.temperature()).put("top_p", generation.topP());
      if (generation.topK() > 0) {
        search.put("top_k", generation.topK());
      }
    }
    search.put("max_length", contextLength).put(SHARED_CACHE, sharedCache);
  }

  private void writeDecoder(ObjectNode decoder, ModelConfig config, boolean exact8Bit) {
    ObjectNode session = decoder.putObject("session_options");
    session.put("log_id", "onnxruntime-genai");
    if (exact8Bit) {
      session.put("session.x64quantprecision", "1");
    }
    session.putArray("provider_options");
    decoder
        .put("filename", fileName)
        .put("head_size", headSize)
        .put("hidden_size", config.hiddenSize())
        .put("num_attention_heads", config.numAttentionHeads())
        .put("num_hidden_layers", numHiddenLayers)
        .put("num_key_value_heads", numKeyValueHeads);
    ObjectNode inputs = decoder.putObject("inputs");
    inputs.put("input_ids", "input_ids").put("attention_mask", "attention_mask");
    if (!sharedCache) {
      inputs.put("position_ids", "position_ids");
    }
    inputs.put("past_key_names", KvNames.PAST_KEY).put("past_value_names", KvNames.PAST_VALUE);
    decoder
        .putObject("outputs")
        .put("logits", "logits")
        .put("present_key_names", KvNames.PRESENT_KEY)
        .put("present_value_names", KvNames.PRESENT_VALUE);
  }
}
