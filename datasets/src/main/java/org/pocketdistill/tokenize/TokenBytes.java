package org.pocketdistill.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pocketdistill.data.DataException;

/**
 * The bytes that each token stands for, by the {@code decoder} of a {@code tokenizer.json}: a token
 * is written in GPT-2's alphabet of bytes, or in SentencePiece's way, with U+2581 for a blank and
 * {@code <0x0A>} for a byte.
 */
final class TokenBytes {
  private static final Pattern BYTE = Pattern.compile("<0x([0-9A-Fa-f]{2})>");

  private boolean byteLevel;
  private boolean byteFallback;
  private int strippedBlanks;
  private final List<Replacement> replacements = new ArrayList<>();

  private TokenBytes() {}

  /**
   * Understands a decoder.
   *
   * @param source named in error messages
   * @throws DataException if the decoder has a step that is not supported
   */
  static TokenBytes of(String source, JsonNode decoder) {
    TokenBytes bytes = new TokenBytes();
    if (decoder.path("type").asText().equals("Sequence")) {
      decoder.path("decoders").forEach(step -> bytes.add(source, step));
    } else {
      bytes.add(source, decoder);
    }
    return bytes;
  }

  private void add(String source, JsonNode step) {
    switch (step.path("type").asText()) {
      case "ByteLevel" -> byteLevel = true;
      case "ByteFallback" -> byteFallback = true;
      case "Fuse" -> {}
      case "Replace" -> replacements.add(replacement(source, step));
      case "Strip" -> strippedBlanks = strip(source, step);
      case "Metaspace" -> {
        replacements.add(new Replacement(step.path("replacement").asText("\u2581"), " "));
        strippedBlanks =
            step.path("prepend_scheme").asText().equals("never")
                    || !step.path("add_prefix_space").asBoolean(true)
                ? 0
                : 1;
      }
      default -> throw notSupported(source, step);
    }
  }

  private static Replacement replacement(String source, JsonNode step) {
    JsonNode pattern = step.path("pattern").path("String");
    JsonNode content = step.path("content");
    if (!pattern.isTextual() || pattern.textValue().isEmpty() || !content.isTextual()) {
      throw notSupported(source, step);
    }
    return new Replacement(pattern.textValue(), content.textValue());
  }

  private static int strip(String source, JsonNode step) {
    if (!step.path("content").asText().equals(" ") || step.path("stop").asInt() != 0) {
      throw notSupported(source, step);
    }
    return step.path("start").asInt();
  }

  private static DataException notSupported(String source, JsonNode step) {
    return new DataException(
        "%s: decoder %s is not supported, expected ByteLevel, or Replace, ByteFallback, Fuse and"
                .formatted(source, step)
            + " Strip of leading blanks");
  }

  /** Blanks that the beginning of a text loses. */
  int strippedBlanks() {
    return strippedBlanks;
  }

  /** The bytes of a token; they may begin or end within a character. */
  byte[] of(String token) {
    if (byteLevel) {
      return ByteAlphabet.bytes(token).orElseGet(() -> token.getBytes(StandardCharsets.UTF_8));
    }
    Matcher written = BYTE.matcher(token);
    if (byteFallback && written.matches()) {
      return new byte[] {(byte) Integer.parseInt(written.group(1), 16)};
    }
    String text = token;
    for (Replacement replacement : replacements) {
      text = text.replace(replacement.text, replacement.by);
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private record Replacement(String text, String by) {}
}
