package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.manifest.PackageManifest;

/** A job whose package is in chunks and too large for a phone, from its data to its gates. */
class PhoneGateJobTest {
  @TempDir private Path folder;
  private final Console console = new Console();

  @Test
  void endsWithTheNumbersAndAVerifiablePackage() throws IOException {
    TinyJob job = TinyJob.in(folder);

    assertThat(
            console.run(
                "run",
                job.file(),
                "--set",
                "gates.max_phone_memory_mb=40",
                "--set",
                "export.chunk_mb=0.004"))
        .as(console.err())
        .isEqualTo(Main.GATE_MISSED);

    JsonNode exported = job.stage("07-export").path("outputs").path("int8");
    double memory = exported.path("phone_memory_bytes").asDouble() / 1e6;
    assertThat(memory).isBetween(50.0, 60.0);
    assertThat(console.out())
        .containsPattern("GATE MISSED: max_phone_memory_mb 5\\d[.\\d]*, limit 40");
    assertThat(job.stage("08-evaluate").path("status").asText()).isEqualTo("done");

    Path phone = job.path("07-export/int8");
    assertThat(phone.resolve("model.onnx.data.1")).exists();
    assertThat(PackageManifest.read(phone).provenance())
        .containsEntry("job", "tiny")
        .containsEntry("precision", "int8");
    assertThat(PackageManifest.read(phone).bytes() + manifestBytes(phone))
        .isEqualTo(exported.path("bytes").asLong());
    assertThat(console.run("verify", phone)).as(console.err()).isZero();
  }

  private static long manifestBytes(Path phone) {
    return phone.resolve(PackageManifest.FILE_NAME).toFile().length();
  }
}
