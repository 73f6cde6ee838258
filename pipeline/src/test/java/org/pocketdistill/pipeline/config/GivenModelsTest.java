package org.pocketdistill.pipeline.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.hub.FakeHub;
import org.pocketdistill.pipeline.hub.Hub;
import org.pocketdistill.pipeline.hub.LocalModel;

/** Models of the hub and of the disk as a job names them. */
class GivenModelsTest {
  private static final String YAML =
      """
      name: given
      data: {train: [{path: train.jsonl, format: text}], max_seq_len: 64}
      teacher: {path: '%s'}
      student: {path: 'hf://acme/tiny'}
      distill: {train: {learning_rate: 1e-3}}
      """;

  @TempDir private Path folder;

  private JobConfig job() throws IOException {
    Files.writeString(folder.resolve("train.jsonl"), "{\"text\": \"a\"}\n");
    Path file = folder.resolve("job.yaml");
    Files.writeString(file, YAML.formatted(folder));
    return JobFile.read(file, List.of()).config();
  }

  @Test
  void arePlannedWithFromTheCacheAndNeverDownloaded() throws IOException {
    JobConfig job = job();
    try (FakeHub server = new FakeHub()) {
      server
          .revision("acme/tiny", "main")
          .with("config.json", "{}")
          .with("model.safetensors", "weights");
      Hub hub = server.client(folder.resolve("cache"));

      assertThat(GivenModels.present(job, hub).student()).isEmpty();
      assertThatThrownBy(() -> GivenModels.required(job, hub))
          .isInstanceOf(DataException.class)
          .hasMessage(
              "student.path: hf://acme/tiny is not downloaded yet, and a plan downloads nothing;"
                  + " 'distill run JOB.yaml --to data' fetches it");
      assertThat(server.requests()).isEmpty();

      GivenModels fetched = GivenModels.fetch(job, hub);
      assertThat(fetched.student().orElseThrow().commit()).isPresent();
      server.clearRequests();

      assertThat(GivenModels.required(job, hub)).isEqualTo(fetched);
      assertThat(GivenModels.present(job, hub)).isEqualTo(fetched);
      assertThat(server.requests()).isEmpty();
    }
  }

  @Test
  void ofTheDiskAreTakenAsTheyStand() throws IOException {
    GivenModels given = GivenModels.present(job(), FakeHub.nobody());

    assertThat(given.teacher().map(LocalModel::path)).contains(folder);
    assertThat(given.tokenizerSource()).isEqualTo(given.teacher());
  }
}
