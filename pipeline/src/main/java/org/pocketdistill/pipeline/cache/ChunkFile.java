package org.pocketdistill.pipeline.cache;

import com.github.luben.zstd.Zstd;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.pocketdistill.data.DataException;

/**
 * A file of entries: {@code PDTEACH1}, SHA-256 of the cache's header, number of documents (int32),
 * bytes of the content (int32), SHA-256 of all bytes before this one and of those after it, and the
 * content as a zstd frame. The content is a table of the documents (key, int32 number of positions)
 * and then their entries in the same order. Little-endian.
 */
final class ChunkFile {
  private static final byte[] MAGIC = {'P', 'D', 'T', 'E', 'A', 'C', 'H', '1'};
  private static final int HEAD_BYTES = 8 + Digests.BYTES + 2 * Integer.BYTES;
  private static final int CONTENT_AT = HEAD_BYTES + Digests.BYTES;
  private static final int TABLE_ROW_BYTES = DocumentKey.BYTES + Integer.BYTES;
  private static final int LEVEL = 3;

  /** More than a chunk and the longest document that goes into it. */
  private static final int LARGEST_CONTENT = 1 << 30;

  private final CacheHeader header;
  private final EntryFormat format;

  ChunkFile(CacheHeader header) {
    this.header = header;
    this.format = new EntryFormat(header);
  }

  /** An entry as it is written. */
  record Encoded(byte[] bytes, int positions) {
    /** Bytes that it adds to the content of a chunk. */
    long contentBytes() {
      return (long) TABLE_ROW_BYTES + bytes.length;
    }
  }

  /**
   * Where an entry is in the content of a chunk.
   *
   * @param begin index of its first byte
   */
  record Place(DocumentKey key, int begin, int positions) {}

  /** The content of a chunk that was found undamaged. */
  record Chunk(byte[] content, List<Place> places) {}

  /** Writes encoded entries, whole or not at all; returns the size of the file. */
  long write(Path file, Map<DocumentKey, Encoded> entries) throws IOException {
    byte[] content = content(entries);
    byte[] frame = Zstd.compress(content, LEVEL);
    ByteBuffer head = ByteBuffer.allocate(CONTENT_AT).order(ByteOrder.LITTLE_ENDIAN);
    head.put(MAGIC).put(header.sha256()).putInt(entries.size()).putInt(content.length);
    MessageDigest digest = Digests.sha256();
    digest.update(head.array(), 0, HEAD_BYTES);
    head.put(digest.digest(frame));
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    try {
      byte[] all = Arrays.copyOf(head.array(), CONTENT_AT + frame.length);
      System.arraycopy(frame, 0, all, CONTENT_AT, frame.length);
      Files.write(temporary, all);
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      return all.length;
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static byte[] content(Map<DocumentKey, Encoded> entries) {
    int size = 0;
    for (Encoded entry : entries.values()) {
      size = Math.addExact(size, Math.toIntExact(entry.contentBytes()));
    }
    ByteBuffer content = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    entries.forEach(
        (key, entry) -> {
          key.write(content);
          content.putInt(entry.positions());
        });
    entries.values().forEach(entry -> content.put(entry.bytes()));
    return content.array();
  }

  /** Where entries are in the content that is written of them. */
  static List<Place> places(Map<DocumentKey, Encoded> entries) {
    List<Place> places = new ArrayList<>();
    int begin = entries.size() * TABLE_ROW_BYTES;
    for (Map.Entry<DocumentKey, Encoded> entry : entries.entrySet()) {
      Encoded encoded = entry.getValue();
      places.add(new Place(entry.getKey(), begin, encoded.positions()));
      begin += encoded.bytes().length;
    }
    return places;
  }

  /**
   * Reads a chunk whose checksum is right.
   *
   * @throws DamagedChunkException if it is cut or changed
   * @throws DataException if it is a whole chunk of another cache
   */
  Chunk read(Path file) throws IOException, DamagedChunkException {
    byte[] bytes = Files.readAllBytes(file);
    if (bytes.length < CONTENT_AT) {
      throw new DamagedChunkException(
          file, bytes.length + " bytes, expected at least " + CONTENT_AT);
    }
    MessageDigest digest = Digests.sha256();
    digest.update(bytes, 0, HEAD_BYTES);
    digest.update(bytes, CONTENT_AT, bytes.length - CONTENT_AT);
    byte[] sum = Arrays.copyOfRange(bytes, HEAD_BYTES, CONTENT_AT);
    if (!MessageDigest.isEqual(digest.digest(), sum)) {
      throw new DamagedChunkException(file, "its SHA-256 is not the one that was written");
    }
    ByteBuffer head = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    byte[] magic = new byte[MAGIC.length];
    byte[] owner = new byte[Digests.BYTES];
    head.get(magic).get(owner);
    if (!Arrays.equals(magic, MAGIC)) {
      throw new DamagedChunkException(file, "does not begin as a chunk does");
    }
    if (!Arrays.equals(owner, header.sha256())) {
      throw new DataException(
          file + ": a chunk of another cache, whose header differs; move it back where it was");
    }
    int documents = head.getInt();
    byte[] content = content(file, bytes, head.getInt());
    return new Chunk(content, places(file, content, documents));
  }

  private static byte[] content(Path file, byte[] bytes, int size) throws DamagedChunkException {
    if (size < 0 || size > LARGEST_CONTENT) {
      throw new DamagedChunkException(
          file, "content of " + size + " bytes, expected 0 to " + LARGEST_CONTENT);
    }
    byte[] content = new byte[size];
    long found =
        Zstd.decompressByteArray(content, 0, size, bytes, CONTENT_AT, bytes.length - CONTENT_AT);
    if (found != size) {
      String reason = Zstd.isError(found) ? Zstd.getErrorName(found) : found + " bytes";
      throw new DamagedChunkException(file, "content: " + reason + ", expected " + size + " bytes");
    }
    return content;
  }

  private List<Place> places(Path file, byte[] content, int documents)
      throws DamagedChunkException {
    long begin = (long) documents * TABLE_ROW_BYTES;
    if (documents < 0 || begin > content.length) {
      throw new DamagedChunkException(
          file, documents + " documents in a content of " + content.length + " bytes");
    }
    ByteBuffer table = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    List<Place> places = new ArrayList<>();
    for (int i = 0; i < documents; i++) {
      DocumentKey key = DocumentKey.read(table);
      int positions = table.getInt();
      long end = begin + format.bytes(positions);
      if (positions < 1 || end > content.length) {
        throw new DamagedChunkException(
            file, "document " + i + ": " + positions + " positions, more than the content has");
      }
      places.add(new Place(key, (int) begin, positions));
      begin = end;
    }
    if (begin != content.length) {
      throw new DamagedChunkException(
          file, "entries end at byte " + begin + " of " + content.length);
    }
    return places;
  }
}
