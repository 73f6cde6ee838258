package org.pocketdistill.pipeline.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Answers as they are written, a line per chunk of questions, so that a killed run goes on after
 * the last whole chunk. Owned by the caller; close it.
 */
final class AnswerLog implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final FileChannel file;
  private final List<Chunk> chunks = new ArrayList<>();

  /** Opens the file, which may be missing; what a killed run left of a line is cut off. */
  AnswerLog(Path path) throws IOException {
    this.file =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    ByteBuffer content = ByteBuffer.allocate(Math.toIntExact(file.size()));
    while (content.hasRemaining() && file.read(content) >= 0) {}
    file.truncate(read(content.array()));
    file.position(file.size());
  }

  /** Reads whole lines; returns how many bytes of them are good. */
  private int read(byte[] content) {
    int good = 0;
    for (int i = 0; i < content.length; i++) {
      if (content[i] == '\n') {
        String line = new String(content, good, i - good, StandardCharsets.UTF_8);
        try {
          chunks.add(JSON.readValue(line, Chunk.class));
        } catch (JsonProcessingException e) {
          return good;
        }
        good = i + 1;
      }
    }
    return good;
  }

  /** The chunks so far, in their order. */
  List<Chunk> chunks() {
    return List.copyOf(chunks);
  }

  /** Adds a chunk; it is on disk afterwards. */
  void add(Chunk chunk) throws IOException {
    ByteBuffer line =
        ByteBuffer.wrap((JSON.writeValueAsString(chunk) + "\n").getBytes(StandardCharsets.UTF_8));
    while (line.hasRemaining()) {
      file.write(line);
    }
    file.force(true);
    chunks.add(chunk);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  /**
   * Questions that were asked together.
   *
   * @param asked number of questions
   * @param kept answers to learn from
   * @param refused answers that did not pass the check
   * @param cut answers that did not end within their budget
   * @param unfit answers with which a row cannot be trained on, being too long for example
   * @param example the first answer that was not kept; empty if there is none
   */
  record Chunk(int asked, List<Answer> kept, int refused, int cut, int unfit, String example) {}

  /** An answer by the number of its row. */
  record Answer(int row, String content, String reasoning) {}
}
