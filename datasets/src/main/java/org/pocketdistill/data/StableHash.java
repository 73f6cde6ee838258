package org.pocketdistill.data;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/** Hashes that are the same on every machine and in every run. */
final class StableHash {
  private static final double TWO_POW_MINUS_53 = 0x1p-53;

  private StableHash() {}

  /** The first 64 bits of the SHA-256 of the seed and the texts with their lengths. */
  static long of(long seed, List<String> texts) {
    MessageDigest digest = sha256();
    digest.update(bytes(seed));
    for (String text : texts) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      digest.update(bytes(utf8.length));
      digest.update(utf8);
    }
    return ByteBuffer.wrap(digest.digest()).getLong();
  }

  /** See {@link #of(long, List)}. */
  static long of(long seed, String text) {
    return of(seed, List.of(text));
  }

  /** A hash as a number in [0, 1), from its upper 53 bits. */
  static double unit(long hash) {
    return (hash >>> 11) * TWO_POW_MINUS_53;
  }

  /** A bijection that spreads every bit over all 64: SplitMix64's finaliser (Stafford's mix 13). */
  static long mix(long bits) {
    bits = (bits ^ (bits >>> 30)) * 0xbf58476d1ce4e5b9L;
    bits = (bits ^ (bits >>> 27)) * 0x94d049bb133111ebL;
    return bits ^ (bits >>> 31);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static byte[] bytes(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }
}
