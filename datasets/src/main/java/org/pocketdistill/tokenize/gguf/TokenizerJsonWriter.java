package org.pocketdistill.tokenize.gguf;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.OptionalInt;

/** Writes {@code tokenizer.json}; value by value, for it may have half a million lines. */
final class TokenizerJsonWriter {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final JsonGenerator out;
  private final TokenTable tokens;

  private TokenizerJsonWriter(JsonGenerator out, TokenTable tokens) {
    this.out = out;
    this.tokens = tokens;
  }

  static byte[] bytes(TokenTable tokens, Recipe recipe) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator out =
        JSON.getFactory().createGenerator(bytes, JsonEncoding.UTF8).useDefaultPrettyPrinter()) {
      new TokenizerJsonWriter(out, tokens).write(recipe);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private void write(Recipe recipe) throws IOException {
    out.writeStartObject();
    out.writeStringField("version", "1.0");
    out.writeNullField("truncation");
    out.writeNullField("padding");
    writeAddedTokens();
    out.writeObjectField("normalizer", recipe.normalizer());
    out.writeObjectField("pre_tokenizer", recipe.preTokenizer());
    writePostProcessor(recipe.roles());
    out.writeObjectField("decoder", recipe.decoder());
    writeModel(recipe);
    out.writeEndObject();
  }

  private void writeAddedTokens() throws IOException {
    out.writeArrayFieldStart("added_tokens");
    for (int id = 0; id < tokens.size(); id++) {
      if (tokens.type(id).isAdded()) {
        out.writeStartObject();
        out.writeNumberField("id", id);
        out.writeStringField("content", tokens.text(id));
        for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized")) {
          out.writeBooleanField(flag, false);
        }
        out.writeBooleanField("special", tokens.type(id).isSpecial());
        out.writeEndObject();
      }
    }
    out.writeEndArray();
  }

  private void writePostProcessor(TokenRoles roles) throws IOException {
    if (!roles.addBos() && !roles.addEos()) {
      out.writeNullField("post_processor");
      return;
    }
    OptionalInt bos = roles.addBos() ? roles.bos() : OptionalInt.empty();
    OptionalInt eos = roles.addEos() ? roles.eos() : OptionalInt.empty();
    out.writeObjectFieldStart("post_processor");
    out.writeStringField("type", "TemplateProcessing");
    out.writeArrayFieldStart("single");
    writePieces(bos, "A", eos);
    out.writeEndArray();
    out.writeArrayFieldStart("pair");
    writePieces(bos, "A", eos);
    writePieces(bos, "B", eos);
    out.writeEndArray();
    out.writeObjectFieldStart("special_tokens");
    writeSpecialToken(bos);
    if (!eos.equals(bos)) {
      writeSpecialToken(eos);
    }
    out.writeEndObject();
    out.writeEndObject();
  }

  private void writePieces(OptionalInt bos, String sequence, OptionalInt eos) throws IOException {
    int typeId = sequence.equals("A") ? 0 : 1;
    if (bos.isPresent()) {
      writePiece("SpecialToken", tokens.text(bos.getAsInt()), typeId);
    }
    writePiece("Sequence", sequence, typeId);
    if (eos.isPresent()) {
      writePiece("SpecialToken", tokens.text(eos.getAsInt()), typeId);
    }
  }

  private void writePiece(String kind, String id, int typeId) throws IOException {
    out.writeStartObject();
    out.writeObjectFieldStart(kind);
    out.writeStringField("id", id);
    out.writeNumberField("type_id", typeId);
    out.writeEndObject();
    out.writeEndObject();
  }

  private void writeSpecialToken(OptionalInt id) throws IOException {
    if (id.isEmpty()) {
      return;
    }
    String token = tokens.text(id.getAsInt());
    out.writeObjectFieldStart(token);
    out.writeStringField("id", token);
    out.writeObjectField("ids", new int[] {id.getAsInt()});
    out.writeObjectField("tokens", List.of(token));
    out.writeEndObject();
  }

  private void writeModel(Recipe recipe) throws IOException {
    out.writeObjectFieldStart("model");
    out.writeStringField("type", "BPE");
    out.writeNullField("dropout");
    out.writeNullField("continuing_subword_prefix");
    out.writeNullField("end_of_word_suffix");
    for (var option : recipe.model().properties()) {
      out.writeObjectField(option.getKey(), option.getValue());
    }
    out.writeObjectFieldStart("vocab");
    for (int id = 0; id < tokens.size(); id++) {
      out.writeNumberField(tokens.text(id), id);
    }
    out.writeEndObject();
    // as one string each: tokenizers before 0.20 does not read the form ["left", "right"]
    out.writeArrayFieldStart("merges");
    for (String merge : recipe.merges()) {
      out.writeString(merge);
    }
    out.writeEndArray();
    out.writeEndObject();
  }
}
