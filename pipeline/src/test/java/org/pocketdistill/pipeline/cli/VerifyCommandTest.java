package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.TinyModel;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.manifest.PackageManifest;

class VerifyCommandTest {
  @TempDir private Path folder;
  private Path phone;
  private final Console console = new Console();

  @BeforeEach
  void exportPackage() throws IOException {
    phone =
        TinyModel.export(
            TinyModel.write(folder.resolve("tiny")), folder.resolve("phone"), OnnxPrecision.INT8);
  }

  @Test
  void verifiesWhatWasExported() throws IOException {
    PackageManifest manifest = PackageManifest.read(phone);

    assertThat(console.run("verify", phone)).as(console.err()).isZero();

    assertThat(console.out())
        .contains(manifest.files().size() + " files", "as its manifest.json says")
        .contains("SHA-256 of the package: " + manifest.sha256());
    assertThat(manifest.provenance())
        .containsEntry("model", "tiny")
        .containsEntry("model_type", "llama")
        .containsEntry("precision", "int8");
    assertThat(manifest.files())
        .extracting(file -> file.path())
        .contains(
            "model.onnx", "model.onnx.data", "genai_config.json", "runtime.json", "tokenizer.json");
  }

  @Test
  void namesWhatIsWrongAndLoadersAskForIt() throws IOException {
    Path data = phone.resolve("model.onnx.data");
    byte[] bytes = Files.readAllBytes(data);
    Files.write(data, Arrays.copyOf(bytes, bytes.length - 100));
    Files.writeString(phone.resolve("notes.txt"), "mine");

    assertRefused("model.onnx.data: ", "verify", phone);
    assertThat(console.err())
        .contains("not as its manifest.json says", "cut short by 100", "notes.txt: is not in");
    assertRefused(
        "run 'distill verify " + phone + "'",
        "bench",
        "--model",
        phone,
        "--prompt-tokens",
        2,
        "--new-tokens",
        2);
    assertRefused("run 'distill verify", "chat", "--model", phone, "--prompt", "wake me");
  }

  @Test
  void copiesAndVerifiesACopyThatIsThere() throws IOException {
    Path copy = folder.resolve("card/phone");
    Path begun = Files.createDirectories(folder.resolve("card/phone.part"));
    Files.copy(phone.resolve("model.onnx"), begun.resolve("model.onnx"));

    assertThat(console.run("verify", phone, "--to", copy)).as(console.err()).isZero();
    assertThat(console.out()).contains("0 continued, 1 were there; verified");
    assertThat(begun).doesNotExist();
    assertThat(console.run("verify", copy)).isZero();
    assertThat(console.run("verify", phone, "--to", copy)).isZero();
    assertThat(console.out()).contains(copy + ": ", "as its manifest.json says");

    Files.delete(copy.resolve("model.onnx"));
    assertRefused("model.onnx: is missing", "verify", phone, "--to", copy);
  }

  @Test
  void refusesWrongOptions() throws IOException {
    Path other = Files.createDirectory(folder.resolve("other"));
    Files.writeString(other.resolve("thesis.txt"), "x");

    assertRefused("is no copy of this package", "verify", phone, "--to", other);
    assertRefused("lies in the package", "verify", phone, "--to", phone.resolve("x"));
    assertRefused("no manifest.json of PocketDistill in it", "verify", other);
    assertRefused("no such folder", "verify", folder.resolve("none"));
    assertRefused("expected DIR, got nothing", "verify");
    assertThat(other.resolve("thesis.txt")).exists();
  }

  private void assertRefused(String message, Object... arguments) {
    assertThat(console.run(arguments)).isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err()).contains(message).doesNotContain("\tat ");
  }
}
