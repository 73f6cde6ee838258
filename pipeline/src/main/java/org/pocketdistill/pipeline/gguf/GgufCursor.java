package org.pocketdistill.pipeline.gguf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.pocketdistill.data.DataException;

/**
 * Reads little-endian values one after the other and complains, with the file and what was being
 * read, before it would leave the bytes that are there.
 */
final class GgufCursor {
  /** Characters of a wrong text in a message. */
  private static final int EXCERPT = 60;

  private static final int DEEPEST_ARRAY = 4;

  private final Path file;
  private final ByteBuffer bytes;
  private String reading = "the header";

  GgufCursor(Path file, ByteBuffer bytes) {
    this.file = file;
    this.bytes = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** What messages say is being read from now on. */
  void reading(String what) {
    reading = what;
  }

  int position() {
    return bytes.position();
  }

  int remaining() {
    return bytes.remaining();
  }

  /** The value of {@code type}: Long, Double, Boolean, String or {@link GgufArray}. */
  Object value(GgufValueType type) {
    return switch (type) {
      case STRING -> text();
      case ARRAY -> array();
      case BOOL -> flag();
      case FLOAT32 -> (double) take(4).getFloat();
      case FLOAT64 -> take(8).getDouble();
      default -> whole(type);
    };
  }

  /** A whole number; one of UINT64 above the largest long is negative. */
  private long whole(GgufValueType type) {
    ByteBuffer number = take(type.leastBytes());
    return switch (type) {
      case UINT8 -> Byte.toUnsignedLong(number.get());
      case INT8 -> number.get();
      case UINT16 -> Short.toUnsignedLong(number.getShort());
      case INT16 -> number.getShort();
      case UINT32 -> Integer.toUnsignedLong(number.getInt());
      case INT32 -> number.getInt();
      default -> number.getLong();
    };
  }

  private boolean flag() {
    byte value = take(1).get();
    if (value != 0 && value != 1) {
      throw bad("a bool of " + value, "0 or 1");
    }
    return value == 1;
  }

  long uint32() {
    return whole(GgufValueType.UINT32);
  }

  long uint64() {
    return whole(GgufValueType.UINT64);
  }

  /** A number of things of which each has at least {@code leastBytes}. */
  int count(String things, int leastBytes) {
    long count = uint64();
    long most = remaining() / leastBytes;
    if (count < 0 || count > most) {
      throw bad(
          Long.toUnsignedString(count) + " " + things,
          "at most %d, which is what the rest of the file has room for; is it cut off?"
              .formatted(most));
    }
    return (int) count;
  }

  /** A short name, which is all that a message can quote. */
  String name(int mostBytes) {
    String name = text();
    if (name.length() > mostBytes) {
      throw bad("a name of %d characters".formatted(name.length()), "at most " + mostBytes);
    }
    return name;
  }

  /** A string with its length before it, which must be UTF-8. */
  String text() {
    ByteBuffer utf8 = take(count("bytes of text", 1));
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
    } catch (CharacterCodingException e) {
      utf8.rewind();
      String lossy = StandardCharsets.UTF_8.decode(utf8).toString();
      throw bad("'" + excerpt(lossy) + "'", "valid UTF-8");
    }
  }

  GgufValueType type() {
    long code = uint32();
    return GgufValueType.of(code)
        .orElseThrow(
            () -> bad("value type " + code, "0 to " + (GgufValueType.values().length - 1)));
  }

  private GgufArray array() {
    int start = bytes.position() + GgufValueType.ARRAY.leastBytes();
    GgufArray head = skipArray(1);
    return new GgufArray(head.type(), head.count(), bytes.slice(start, bytes.position() - start));
  }

  /** Type and count of an array, once its elements have been passed over. */
  private GgufArray skipArray(int depth) {
    if (depth > DEEPEST_ARRAY) {
      throw bad("arrays in arrays", "at most %d levels".formatted(DEEPEST_ARRAY));
    }
    GgufValueType type = type();
    int count = count("array elements", type.leastBytes());
    switch (type) {
      case STRING -> {
        for (int i = 0; i < count; i++) {
          take(count("bytes of text", 1));
        }
      }
      case ARRAY -> {
        for (int i = 0; i < count; i++) {
          skipArray(depth + 1);
        }
      }
      default -> take(count * type.leastBytes());
    }
    return new GgufArray(type, count, bytes);
  }

  /** All elements of an array, as {@link #value} gives them. */
  static List<Object> elements(Path file, String what, GgufArray array) {
    GgufCursor cursor = new GgufCursor(file, array.bytes());
    List<Object> elements = new ArrayList<>(array.count());
    for (int i = 0; i < array.count(); i++) {
      cursor.reading(what);
      elements.add(cursor.value(array.type()));
    }
    return elements;
  }

  private ByteBuffer take(int length) {
    if (length > bytes.remaining()) {
      throw bad(
          "the file ends after %d of %d bytes".formatted(bytes.remaining(), length),
          "a whole value; is it cut off?");
    }
    ByteBuffer part = bytes.slice(bytes.position(), length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.position(bytes.position() + length);
    return part;
  }

  static String excerpt(String text) {
    String line = text.strip().replaceAll("\\p{Cntrl}", " ");
    return line.length() <= EXCERPT ? line : line.substring(0, EXCERPT) + "…";
  }

  DataException bad(String found, String expected) {
    return new DataException("%s: %s: %s, expected %s".formatted(file, reading, found, expected));
  }
}
