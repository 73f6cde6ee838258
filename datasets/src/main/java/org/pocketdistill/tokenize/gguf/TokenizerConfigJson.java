package org.pocketdistill.tokenize.gguf;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.OptionalLong;

/** {@code tokenizer_config.json}: the special tokens by name, and the chat template. */
final class TokenizerConfigJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private TokenizerConfigJson() {}

  static byte[] bytes(GgufVocabulary vocabulary, int modelMaxLength) {
    ObjectNode config = JSON.createObjectNode();
    name(config, vocabulary, "bos_token", vocabulary.specialIds().bos());
    vocabulary.chatTemplate().ifPresent(jinja -> config.put("chat_template", jinja));
    config.put("clean_up_tokenization_spaces", false);
    name(config, vocabulary, "eos_token", vocabulary.specialIds().eos());
    config.put("model_max_length", modelMaxLength);
    name(config, vocabulary, "pad_token", vocabulary.specialIds().padding());
    config.put("tokenizer_class", "PreTrainedTokenizerFast");
    name(config, vocabulary, "unk_token", vocabulary.specialIds().unknown());
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(config);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void name(
      ObjectNode config, GgufVocabulary vocabulary, String key, OptionalLong id) {
    if (id.isPresent()) {
      config.put(key, vocabulary.tokens().get(Math.toIntExact(id.getAsLong())));
    } else {
      config.putNull(key);
    }
  }
}
