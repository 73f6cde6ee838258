package org.pocketdistill.tokenize.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * The parts of {@code tokenizer.json} that depend on the kind of the vocabulary.
 *
 * @param normalizer changes the text first, may be JSON null
 * @param preTokenizer cuts it, may be JSON null
 * @param decoder makes text of tokens
 * @param model the BPE model's options, without vocabulary and merges
 * @param merges strongest first
 * @param roles tokens with a purpose
 */
record Recipe(
    JsonNode normalizer,
    JsonNode preTokenizer,
    JsonNode decoder,
    ObjectNode model,
    List<String> merges,
    TokenRoles roles) {}
