package org.pocketdistill.pipeline.torch;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Packs the source of a TorchScript class into the archive that libtorch loads.
 *
 * <p>The format is PyTorch's {@code torch/csrc/jit/docs/serialization.md}: a ZIP of stored entries
 * with the source, a pickled root object without parameters, an empty tuple of constants and the
 * file version.
 */
final class TorchScriptArchive {
  private static final String FILE_VERSION = "10\n";
  private static final byte[] NO_CONSTANTS = {(byte) 0x80, 2, ')', '.'};

  private TorchScriptArchive() {}

  /** The archive of class {@code __torch__.NAME} with the given source. */
  static byte[] pack(String className, String source) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      store(zip, "ops/data.pkl", rootObject(className));
      store(zip, "ops/code/__torch__.py", source.getBytes(UTF_8));
      store(zip, "ops/constants.pkl", NO_CONSTANTS);
      store(zip, "ops/version", FILE_VERSION.getBytes(UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** Pickle of an instance whose only attribute is {@code training = True}. */
  private static byte[] rootObject(String className) {
    ByteArrayOutputStream pickle = new ByteArrayOutputStream();
    String attribute = "training";
    String text =
        "\u0080\u0002c__torch__\n"
            + className
            + "\n)\u0081}(X"
            + (char) attribute.length()
            + "\0\0\0"
            + attribute
            + "\u0088ub.";
    pickle.writeBytes(text.getBytes(ISO_8859_1));
    return pickle.toByteArray();
  }

  private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
    CRC32 checksum = new CRC32();
    checksum.update(content);
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setCrc(checksum.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }
}
