package org.pocketdistill.pipeline.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.manifest.Finding.Missing;
import org.pocketdistill.pipeline.manifest.Finding.Swapped;
import org.pocketdistill.pipeline.manifest.Finding.Unknown;
import org.pocketdistill.pipeline.manifest.Finding.WrongContent;
import org.pocketdistill.pipeline.manifest.Finding.WrongSize;

class PackageVerifierTest {
  @TempDir private Path folder;
  private PackageManifest manifest;
  private final AtomicLong bytes = new AtomicLong();

  @BeforeEach
  void writePackage() throws IOException {
    manifest = SmallPackage.write(folder);
  }

  private List<Finding> verify() throws IOException {
    bytes.set(0);
    return PackageVerifier.verify(folder, PackageManifest.read(folder), bytes::addAndGet);
  }

  private String sha256(String path) {
    return manifest.files().stream()
        .filter(file -> file.path().equals(path))
        .map(PackageFile::sha256)
        .findFirst()
        .orElseThrow();
  }

  private Path file(String path) {
    return folder.resolve(path);
  }

  @Test
  void passesAWholePackageAndTellsHowFarItIs() throws IOException {
    assertThat(verify()).isEmpty();
    assertThat(bytes).hasValue(manifest.bytes());
  }

  @Test
  void namesAFlippedBitWithBothHashes() throws IOException {
    SmallPackage.flipBit(file(SmallPackage.SECOND), 4321);
    String found = FileHashes.of(file(SmallPackage.SECOND), ByteProgress.NONE).sha256();

    assertThat(verify())
        .containsExactly(
            new WrongContent(SmallPackage.SECOND, "SHA-256", found, sha256(SmallPackage.SECOND)));
    assertThat(verify().get(0).problem())
        .contains(found, "expected " + sha256(SmallPackage.SECOND), "its content was changed");
  }

  @Test
  void namesAMissingAndATruncatedChunk() throws IOException {
    Files.delete(file(SmallPackage.FIRST));
    Files.write(file(SmallPackage.THIRD), SmallPackage.bytes(3, 2999));
    Files.write(file("merges.txt"), new byte[] {1});

    assertThat(verify())
        .containsExactly(
            new WrongSize("merges.txt", 1, 0),
            new Missing(SmallPackage.FIRST, 5000),
            new WrongSize(SmallPackage.THIRD, 2999, 3000));
    assertThat(verify().get(0).problem()).isEqualTo("1 bytes, expected 0: too long by 1");
    assertThat(verify().get(2).problem()).isEqualTo("2,999 bytes, expected 3,000: cut short by 1");
  }

  @Test
  void namesSwappedChunksOfOneSize() throws IOException {
    swap(SmallPackage.FIRST, SmallPackage.SECOND);

    assertThat(verify())
        .containsExactly(
            new Swapped(SmallPackage.FIRST, SmallPackage.SECOND, sha256(SmallPackage.SECOND)),
            new Swapped(SmallPackage.SECOND, SmallPackage.FIRST, sha256(SmallPackage.FIRST)));
    assertThat(verify().get(0).problem()).startsWith("is the content of model.onnx.data.1 (");
  }

  @Test
  void namesSwappedChunksOfDifferentSizes() throws IOException {
    swap(SmallPackage.FIRST, SmallPackage.THIRD);

    assertThat(verify())
        .containsExactly(
            new Swapped(SmallPackage.FIRST, SmallPackage.THIRD, sha256(SmallPackage.THIRD)),
            new Swapped(SmallPackage.THIRD, SmallPackage.FIRST, sha256(SmallPackage.FIRST)));
  }

  private void swap(String one, String other) throws IOException {
    Path aside = file("aside");
    Files.move(file(one), aside);
    Files.move(file(other), file(one));
    Files.move(aside, file(other));
  }

  @Test
  void namesFilesThatItDoesNotKnow() throws IOException {
    Files.writeString(file("notes.txt"), "mine");
    Files.move(file(SmallPackage.THIRD), file("model.onnx.data.7"));

    assertThat(verify())
        .containsExactly(
            new Missing(SmallPackage.THIRD, 3000),
            new Swapped("model.onnx.data.7", SmallPackage.THIRD, sha256(SmallPackage.THIRD)),
            new Unknown("notes.txt"));
    assertThat(Finding.report(folder, verify()).lines())
        .hasSize(4)
        .last()
        .isEqualTo("  notes.txt: is not in manifest.json");
  }

  @Test
  void namesAWrongMd5OfARightContent() throws IOException {
    List<PackageFile> files = new ArrayList<>(manifest.files());
    PackageFile right = files.remove(1);
    String wrong = "0".repeat(32);
    files.add(new PackageFile(right.path(), right.bytes(), wrong, right.sha256()));
    new PackageManifest(manifest.provenance(), files).write(folder);

    assertThat(verify()).containsExactly(new WrongContent(right.path(), "MD5", right.md5(), wrong));
  }
}
