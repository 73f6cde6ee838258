package org.pocketdistill.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.BitSet;
import java.util.Map;

/**
 * What a {@code tokenizer.json} says of its tokens.
 *
 * @param ids id of every token, added tokens included; every id from 0 on has one
 * @param special ids of the added tokens that decoding leaves out on request
 * @param decoder how tokens become text, perhaps JSON null
 */
record TokenizerFile(Map<String, Integer> ids, BitSet special, JsonNode decoder) {}
