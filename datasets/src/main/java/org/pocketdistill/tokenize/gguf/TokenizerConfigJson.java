package org.pocketdistill.tokenize.gguf;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.OptionalInt;

/** {@code tokenizer_config.json}: the tokens with a purpose by name, and the chat template. */
final class TokenizerConfigJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private TokenizerConfigJson() {}

  static byte[] bytes(
      TokenTable tokens, TokenRoles roles, Optional<String> chatTemplate, int modelMaxLength) {
    ObjectNode config = JSON.createObjectNode();
    config.put("add_bos_token", roles.addBos()).put("add_eos_token", roles.addEos());
    name(config, "bos_token", tokens, roles.bos());
    chatTemplate.ifPresent(jinja -> config.put("chat_template", jinja));
    config.put("clean_up_tokenization_spaces", false);
    name(config, "eos_token", tokens, roles.eos());
    config.put("model_max_length", modelMaxLength);
    name(config, "pad_token", tokens, roles.padding());
    config.put("tokenizer_class", "PreTrainedTokenizerFast");
    name(config, "unk_token", tokens, roles.unknown());
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(config);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void name(ObjectNode config, String key, TokenTable tokens, OptionalInt id) {
    if (id.isPresent()) {
      config.put(key, tokens.text(id.getAsInt()));
    } else {
      config.putNull(key);
    }
  }
}
