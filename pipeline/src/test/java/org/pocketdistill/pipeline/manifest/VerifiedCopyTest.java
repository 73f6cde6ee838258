package org.pocketdistill.pipeline.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.manifest.VerifiedCopy.Result;

class VerifiedCopyTest {
  @TempDir private Path folder;
  private Path source;
  private Path target;
  private Path partial;
  private PackageManifest manifest;

  @BeforeEach
  void writePackage() throws IOException {
    source = folder.resolve("package");
    target = folder.resolve("copy");
    partial = folder.resolve("copy.part");
    manifest = SmallPackage.write(source);
  }

  private Result copy() throws IOException {
    return VerifiedCopy.copy(source, target, manifest, ByteProgress.NONE);
  }

  private void assertCopied() throws IOException {
    assertThat(PackageVerifier.verify(target, PackageManifest.read(target), ByteProgress.NONE))
        .isEmpty();
    assertThat(PackageManifest.read(target)).isEqualTo(manifest);
    assertThat(partial).doesNotExist();
  }

  @Test
  void copiesEverything() throws IOException {
    assertThat(copy()).isEqualTo(new Result(0, 0, 5));
    assertCopied();
  }

  @Test
  void goesOnWhereItWasBrokenOff() throws IOException {
    Files.createDirectories(partial);
    Files.copy(source.resolve("merges.txt"), partial.resolve("merges.txt"));
    Files.copy(source.resolve(SmallPackage.FIRST), partial.resolve(SmallPackage.FIRST));
    Files.write(
        partial.resolve(SmallPackage.SECOND), Arrays.copyOf(SmallPackage.bytes(2, 5000), 1234));

    assertThat(copy()).as("kept, continued, copied").isEqualTo(new Result(2, 1, 2));
    assertCopied();
  }

  @Test
  void startsAFileAnewWhoseBeginningIsWrong() throws IOException {
    Files.createDirectories(partial);
    Files.write(partial.resolve(SmallPackage.FIRST), SmallPackage.bytes(9, 1234));
    Files.write(partial.resolve(SmallPackage.SECOND), SmallPackage.bytes(9, 5000));
    Files.write(partial.resolve(SmallPackage.THIRD), SmallPackage.bytes(3, 4000));
    Files.writeString(partial.resolve("of another package"), "x");

    assertThat(copy()).isEqualTo(new Result(0, 0, 5));
    assertCopied();
  }

  @Test
  void namesADamagedSourceAndGoesOnWhenItIsWhole() throws IOException {
    SmallPackage.flipBit(source.resolve(SmallPackage.SECOND), 17);

    assertThatThrownBy(this::copy)
        .isInstanceOf(DataException.class)
        .hasMessageContaining(source.toString())
        .hasMessageContaining("model.onnx.data.1: SHA-256 ")
        .hasMessageContaining("its content was changed");
    assertThat(target).doesNotExist();
    assertThat(partial.resolve(SmallPackage.SECOND)).doesNotExist();

    SmallPackage.flipBit(source.resolve(SmallPackage.SECOND), 17);
    assertThat(copy()).isEqualTo(new Result(2, 0, 3));
    assertCopied();
  }

  @Test
  void oneProcessCopiesAtATime() throws IOException {
    try (FileChannel other =
            FileChannel.open(
                folder.resolve("copy.part.lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock lock = other.lock()) {
      assertThat(lock.isValid()).isTrue();
      assertThatThrownBy(this::copy)
          .isInstanceOf(DataException.class)
          .hasMessage(partial + ": another process is copying there; wait for it or stop it");
    }
    assertThat(copy()).isEqualTo(new Result(0, 0, 5));
    assertThat(folder.resolve("copy.part.lock")).doesNotExist();
  }

  @Test
  void doesNotBeginWithASourceThatIsIncomplete() throws IOException {
    Files.write(source.resolve(SmallPackage.THIRD), new byte[5]);

    assertThatThrownBy(this::copy).hasMessageContaining("cut short by 2,995");
    assertThat(partial).doesNotExist();
  }
}
