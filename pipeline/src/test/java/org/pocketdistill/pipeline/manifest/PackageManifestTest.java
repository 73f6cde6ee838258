package org.pocketdistill.pipeline.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.data.DataException;

class PackageManifestTest {
  private static final Path SCHEMA = Path.of("..", "configs", "schema", "manifest.schema.json");

  @TempDir private Path folder;

  @Test
  void hasTheHashesThatOtherToolsCompute() throws IOException {
    Files.createDirectory(folder.resolve("a"));
    Files.writeString(folder.resolve("a/b.txt"), "abc");
    Files.createFile(folder.resolve("z"));

    PackageManifest manifest = PackageManifest.of(folder, Map.of());

    // md5sum, sha256sum, and sha256sum of what sha256sum prints
    assertThat(manifest.files())
        .containsExactly(
            new PackageFile(
                "a/b.txt",
                3,
                "900150983cd24fb0d6963f7d28e17f72",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            new PackageFile(
                "z",
                0,
                "d41d8cd98f00b204e9800998ecf8427e",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    assertThat(manifest.sha256())
        .isEqualTo("353afd30270981535fd1ab5b10f73bfcfe1e68ae447470d0b8220d87dd0eb0d9");
    assertThat(manifest.bytes()).isEqualTo(3);
  }

  @Test
  void isReadAsItWasWrittenAndFollowsItsSchema() throws IOException {
    PackageManifest manifest = SmallPackage.write(folder);

    assertThat(PackageManifest.read(folder)).isEqualTo(manifest);
    assertThat(manifest.files())
        .extracting(PackageFile::path)
        .as("itself is not in it")
        .containsExactly(
            "merges.txt",
            SmallPackage.FIRST,
            SmallPackage.SECOND,
            SmallPackage.THIRD,
            SmallPackage.BELOW);
    assertThat(manifest.provenance()).containsEntry("precision", "int8");
    assertThat(schemaErrors()).isEmpty();
    edit("\"bytes\" : 3000", "\"bytes\" : \"3000\"");
    assertThat(schemaErrors()).isNotEmpty();
  }

  private List<String> schemaErrors() throws IOException {
    return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
        .getSchema(Files.readString(SCHEMA))
        .validate(Files.readString(folder.resolve("manifest.json")), InputFormat.JSON)
        .stream()
        .map(error -> error.getInstanceLocation() + ": " + error.getMessage())
        .toList();
  }

  private void edit(String from, String to) throws IOException {
    Path file = folder.resolve("manifest.json");
    String text = Files.readString(file);
    assertThat(text).contains(from);
    Files.writeString(file, text.replace(from, to));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"schema_version\" : 1 | \"schema_version\" : 2 | schema_version: 2, expected 1",
        "\"bytes\" : 3000 | \"bytes\" : 3001 | bytes: 13011, expected 13012, computed from its files",
        "\"bytes\" : 3000 | \"bytes\" : -1 | bytes: -1, expected a size for model.onnx.data.2",
        "\"path\" : \"merges.txt\" | \"path\" : \"merge.txt\" | sha256: ",
        "\"path\" : \"merges.txt\" | \"path\" : \"model.onnx.data\" | expected each path once",
        "\"path\" : \"merges.txt\" | \"path\" : \"manifest.json\" | expected another file than the manifest",
        "\"md5\" : \"d41d8 | \"md5\" : \"D41d8 | expected 32 hexadecimal digits for merges.txt",
        "\"path\" | \"file\" | path: missing, expected a path inside the package",
        "\"schema_version\" | \"creator\" | invalid JSON",
      })
  void refusesWhatWasChanged(String from, String to, String message) throws IOException {
    SmallPackage.write(folder);
    edit(from, to);

    assertThatThrownBy(() -> PackageManifest.read(folder))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(folder.resolve("manifest.json") + ": ")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"../x", "/etc/passwd", "a/../../x", "a//b", "./x", "", "a/", "C:x", "a\\\\b"})
  void refusesPathsThatLeadElsewhere(String path) throws IOException {
    SmallPackage.write(folder);
    edit("\"path\" : \"merges.txt\"", "\"path\" : \"" + path + "\"");

    assertThatThrownBy(() -> PackageManifest.read(folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("expected a path inside the package");
  }

  @Test
  void passesOverAManifestOfAnotherProgram() throws IOException {
    Files.writeString(folder.resolve("manifest.json"), "{\"name\": \"an app\", \"files\": 7}");

    assertThat(PackageManifest.find(folder)).isEmpty();
    PackageManifest.requireSizes(folder);
    assertThatThrownBy(() -> PackageManifest.read(folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("no manifest.json of PocketDistill in it");
    assertThatThrownBy(() -> PackageManifest.read(folder.resolve("none")))
        .hasMessageContaining("no such folder");
  }

  @Test
  void looksAtSizesWithoutReading() throws IOException {
    SmallPackage.write(folder);
    PackageManifest.requireSizes(folder);
    SmallPackage.flipBit(folder.resolve(SmallPackage.FIRST), 7);
    PackageManifest.requireSizes(folder);

    Files.write(folder.resolve(SmallPackage.THIRD), SmallPackage.bytes(3, 2000));
    assertThatThrownBy(() -> PackageManifest.requireSizes(folder))
        .isInstanceOf(DataException.class)
        .hasMessage(
            folder.resolve(SmallPackage.THIRD)
                + ": 2,000 bytes, expected 3,000: cut short by 1,000; the package is damaged or not"
                + " copied to its end, run 'distill verify "
                + folder
                + "'");
    Files.delete(folder.resolve(SmallPackage.THIRD));
    assertThatThrownBy(() -> PackageManifest.requireSizes(folder))
        .hasMessageContaining("is missing, expected a file of 3,000 bytes");
  }
}
