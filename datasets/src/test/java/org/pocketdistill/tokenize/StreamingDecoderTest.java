package org.pocketdistill.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.data.DataException;

class StreamingDecoderTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  @Test
  void givesTheDeltasOfAnIncrementalUtf8Decoder() throws IOException {
    try (InputStream in = getClass().getResourceAsStream("/tokenize/stream.json")) {
      for (JsonNode row : JSON.readTree(in)) {
        JsonNode bytes = row.get("bytes_hex");
        StreamingDecoder decoder =
            new StreamingDecoder(i -> HexFormat.of().parseHex(bytes.get(i).textValue()), 0);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < bytes.size(); i++) {
          String delta = decoder.append(i);
          assertThat(delta).isEqualTo(row.get("stream_deltas").get(i).textValue());
          text.append(delta);
        }
        String flushed = decoder.flush();
        assertThat(flushed).isEqualTo(row.get("stream_flush").textValue());
        assertThat(text + flushed).isEqualTo(row.get("text").textValue());
      }
    }
  }

  @Test
  void givesTogetherTheTextOfAllTokens() throws IOException {
    long seed = new Random().nextLong();
    System.out.println("givesTogetherTheTextOfAllTokens: seed " + seed);
    Random random = new Random(seed);
    try (HfTokenizer tokenizer = TrainedTokenizer.in(folder)) {
      for (int i = 0; i < 500; i++) {
        int[] ids = random.ints(random.nextInt(12), 0, tokenizer.vocabSize()).toArray();
        boolean skip = random.nextBoolean();

        assertThat(streamed(tokenizer, ids, skip))
            .as("seed %d, text %d", seed, i)
            .isEqualTo(tokenizer.decode(ids, skip));
      }
    }
  }

  @Test
  void takesEachByteOfASurrogateForAMistakeOfItsOwn() {
    byte[][] tokens = {{(byte) 0xed}, {(byte) 0xa0}, {'a', (byte) 0xed, (byte) 0xb0, (byte) 0x80}};
    StreamingDecoder decoder = new StreamingDecoder(i -> tokens[i], 0);

    assertThat(decoder.append(0)).isEmpty();
    assertThat(decoder.append(1)).isEqualTo("\ufffd\ufffd");
    assertThat(decoder.append(2)).isEqualTo("a\ufffd\ufffd\ufffd");
    assertThat(decoder.flush()).isEmpty();
  }

  @Test
  void leavesOutIdsThatNoTokenHas() throws IOException {
    try (HfTokenizer tokenizer = TrainedTokenizer.in(folder)) {
      assertThat(streamed(tokenizer, new int[] {-1, 600, 1 << 30, 1}, false))
          .isEqualTo("<|im_start|>");
      assertThat(tokenizer.decode(new int[] {-1, 600, 1 << 30, 1}, false))
          .isEqualTo("<|im_start|>");
    }
  }

  @Test
  void understandsTheDecodersOfSentencePiece() throws IOException {
    StreamingDecoder decoder =
        decoder(
            "{'type':'Sequence','decoders':[{'type':'Replace','pattern':{'String':'▁'},'content':"
                + "' '},{'type':'ByteFallback'},{'type':'Fuse'},{'type':'Strip','content':' ',"
                + "'start':1,'stop':0}]}",
            "▁",
            "▁▁a",
            "<0xC3>",
            "<0xA9>",
            "<0x41>b");

    assertThat(decoder.append(0)).isEmpty();
    assertThat(decoder.append(1)).isEqualTo("  a");
    assertThat(decoder.append(2)).isEmpty();
    assertThat(decoder.append(3)).isEqualTo("é");
    assertThat(decoder.append(4)).isEqualTo("<0x41>b");
    assertThat(decoder.flush()).isEmpty();
  }

  @Test
  void understandsMetaspace() throws IOException {
    String metaspace = "{'type':'Metaspace','replacement':'▁','prepend_scheme':'%s'}";

    assertThat(decoder(metaspace.formatted("always"), "▁a▁b").append(0)).isEqualTo("a b");
    assertThat(decoder(metaspace.formatted("never"), "▁a▁b").append(0)).isEqualTo(" a b");
  }

  private static StreamingDecoder decoder(String json, String... tokens) throws IOException {
    TokenBytes bytes = TokenBytes.of("tokenizer.json", JSON.readTree(json.replace('\'', '"')));
    return new StreamingDecoder(id -> bytes.of(tokens[id]), bytes.strippedBlanks());
  }

  @Test
  void refusesDecodersThatItDoesNotKnow() throws IOException {
    try (HfTokenizer tokenizer = TrainedTokenizer.in(folder)) {
      assertThat(tokenizer.vocabSize()).isPositive();
    }
    Path file = folder.resolve("tokenizer.json");
    ObjectNode root = (ObjectNode) JSON.readTree(file.toFile());
    root.putObject("decoder").put("type", "WordPiece").put("prefix", "##").put("cleanup", true);
    Files.write(file, root.toString().getBytes(StandardCharsets.UTF_8));

    try (HfTokenizer tokenizer = HfTokenizer.load(folder)) {
      assertThatThrownBy(() -> tokenizer.streamingDecoder(true))
          .isInstanceOf(DataException.class)
          .hasMessage(
              file
                  + ": decoder {\"type\":\"WordPiece\",\"prefix\":\"##\",\"cleanup\":true} is not"
                  + " supported, expected ByteLevel, or Replace, ByteFallback, Fuse and Strip of"
                  + " leading blanks");
    }
  }

  private static String streamed(HfTokenizer tokenizer, int[] ids, boolean skip) {
    StreamingDecoder decoder = tokenizer.streamingDecoder(skip);
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(decoder.append(id));
    }
    return text + decoder.flush();
  }
}
