package org.pocketdistill.pipeline.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.TinyModel;
import org.pocketdistill.pipeline.config.JobFile;
import org.pocketdistill.pipeline.hub.FakeHub;
import org.pocketdistill.pipeline.hub.Hub;
import org.pocketdistill.pipeline.train.StopSignal;

/** A job whose teacher is on the hub. */
class HubTeacherTest {
  private static final String YAML =
      """
      name: far
      output_dir: '%s'
      data:
        train: [{path: train.jsonl, format: text}]
        max_seq_len: 64
      teacher: {path: 'hf://acme/tiny'}
      student:
        model: {model_type: llama, hidden_size: 16, intermediate_size: 16, num_hidden_layers: 1, num_attention_heads: 1}
      distill: {train: {learning_rate: 1e-3}}
      """;

  @TempDir private Path folder;

  private FakeHub server;
  private Hub hub;
  private JobFile job;

  @BeforeEach
  void layOut() throws IOException {
    server = new FakeHub();
    hub = server.client(folder.resolve("cache"));
    server.revision("acme/tiny", "main").withFolder(TinyModel.write(folder.resolve("model")));
    Files.writeString(folder.resolve("train.jsonl"), "{\"text\": \"wake me at seven\"}\n");
    Path file = folder.resolve("job.yaml");
    Files.writeString(file, YAML.formatted(folder.resolve("run")));
    job = JobFile.read(file, List.of());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private JsonNode runToTeacher() throws IOException {
    StageRange range = new StageRange(Optional.empty(), Stage.TEACHER);
    new DistillJob(job.config(), job.path(), range, new StopSignal(), hub).run();
    return StageFile.read(folder.resolve("run").resolve(Stage.TEACHER.folder()));
  }

  @Test
  void isReadWithoutAskingTheHub() {
    assertThat(server.requests()).isEmpty();
  }

  @Test
  void fetchesItsTeacherAndNotesTheCommit() throws IOException {
    JsonNode stage = runToTeacher();

    assertThat(stage.at("/outputs/path").asText()).isEqualTo("hf://acme/tiny");
    assertThat(stage.at("/outputs/commit").asText()).isEqualTo(FakeHub.COMMIT);
    assertThat(stage.at("/outputs/parameters").asLong()).isPositive();
    assertThat(stage.at("/inputs/teacher_files/model.safetensors").asText())
        .isEqualTo(FakeHub.sha256(Files.readAllBytes(folder.resolve("model/model.safetensors"))));
    assertThat(folder.resolve("run/01-data/tokenizer/tokenizer.json"))
        .hasSameBinaryContentAs(folder.resolve("model/tokenizer.json"));
  }

  @Test
  void staysAsItIsWhenACommitLeavesTheModelAlone() throws IOException {
    JsonNode before = runToTeacher();
    server.revision("acme/tiny", "main").at("b".repeat(40)).with("README.md", "better words");

    assertThat(runToTeacher()).isEqualTo(before);
  }

  @Test
  void takesOtherWeightsForAnotherTeacher() throws IOException {
    JsonNode before = runToTeacher();
    byte[] weights = Files.readAllBytes(folder.resolve("model/model.safetensors"));
    weights[weights.length - 1] ^= 1;
    server.revision("acme/tiny", "main").at("b".repeat(40)).with("model.safetensors", weights);

    JsonNode after = runToTeacher();

    assertThat(after.at("/outputs/commit").asText()).isEqualTo("b".repeat(40));
    assertThat(StageFile.differences(before.path("inputs"), after.path("inputs")))
        .singleElement()
        .asString()
        .startsWith("teacher_files.model.safetensors: was ");
  }

  @Test
  void goesOnWithoutANetworkOnceItHasItsTeacher() throws IOException {
    JsonNode before = runToTeacher();
    server.close();

    assertThat(runToTeacher()).isEqualTo(before);
  }
}
