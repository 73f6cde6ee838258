package org.pocketdistill.pipeline.gguf;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a tensor's elements are stored, by llama.cpp's name and code: blocks of some elements in some
 * bytes.
 */
public enum TensorType {
  F32(0, 1, 4),
  F16(1, 1, 2),
  BF16(30, 1, 2),
  Q4_0(2, Blocks32.SIZE, 18),
  Q4_1(3, Blocks32.SIZE, 20),
  Q5_0(6, Blocks32.SIZE, 22),
  Q5_1(7, Blocks32.SIZE, 24),
  Q8_0(8, Blocks32.SIZE, 34),
  Q2_K(10, KBlocks.SIZE, 84),
  Q3_K(11, KBlocks.SIZE, 110),
  Q4_K(12, KBlocks.SIZE, 144),
  Q5_K(13, KBlocks.SIZE, 176),
  Q6_K(14, KBlocks.SIZE, 210),
  IQ4_NL(20, Blocks32.SIZE, 18),
  IQ4_XS(23, KBlocks.SIZE, 136),
  MXFP4(39, Blocks32.SIZE, 17);

  /** Types that llama.cpp has or once had, for messages. */
  private static final Map<Integer, String> UNSUPPORTED =
      Map.ofEntries(
          Map.entry(4, "Q4_2"),
          Map.entry(5, "Q4_3"),
          Map.entry(9, "Q8_1"),
          Map.entry(15, "Q8_K"),
          Map.entry(16, "IQ2_XXS"),
          Map.entry(17, "IQ2_XS"),
          Map.entry(18, "IQ3_XXS"),
          Map.entry(19, "IQ1_S"),
          Map.entry(21, "IQ3_S"),
          Map.entry(22, "IQ2_S"),
          Map.entry(24, "I8"),
          Map.entry(25, "I16"),
          Map.entry(26, "I32"),
          Map.entry(27, "I64"),
          Map.entry(28, "F64"),
          Map.entry(29, "IQ1_M"),
          Map.entry(31, "Q4_0_4_4"),
          Map.entry(32, "Q4_0_4_8"),
          Map.entry(33, "Q4_0_8_8"),
          Map.entry(34, "TQ1_0"),
          Map.entry(35, "TQ2_0"),
          Map.entry(36, "IQ4_NL_4_4"),
          Map.entry(37, "IQ4_NL_4_8"),
          Map.entry(38, "IQ4_NL_8_8"),
          Map.entry(40, "NVFP4"));

  private final int code;
  private final int blockSize;
  private final int blockBytes;

  TensorType(int code, int blockSize, int blockBytes) {
    this.code = code;
    this.blockSize = blockSize;
    this.blockBytes = blockBytes;
  }

  /** llama.cpp's number. */
  int code() {
    return code;
  }

  /** Elements of a block; a row has a whole number of blocks. */
  public int blockSize() {
    return blockSize;
  }

  /** Bytes of a block. */
  public int blockBytes() {
    return blockBytes;
  }

  static Optional<TensorType> of(long code) {
    return Arrays.stream(values()).filter(type -> type.code == code).findFirst();
  }

  /** A code that is not supported, with its name where it has one. */
  static String nameOf(long code) {
    String name = code <= Integer.MAX_VALUE ? UNSUPPORTED.get((int) code) : null;
    return name == null ? "unknown type " + code : "type %s (%d)".formatted(name, code);
  }

  static List<TensorType> supported() {
    return List.of(values());
  }
}
