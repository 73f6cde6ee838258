package org.pocketdistill.pipeline.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.pocketdistill.pipeline.hub.HubFixture.CONFIG;
import static org.pocketdistill.pipeline.hub.HubFixture.MODEL;
import static org.pocketdistill.pipeline.hub.HubFixture.WEIGHTS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is fetched, and where it lies. */
class HubFetchTest {
  private static final String SNAPSHOT = "snapshots/" + FakeHub.COMMIT;
  private static final String OTHER_COMMIT = "f".repeat(40);

  @TempDir private Path folder;

  private HubFixture fixture;

  @BeforeEach
  void start() throws IOException {
    fixture = new HubFixture(folder.resolve("cache"));
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  private static List<String> names(LocalModel model) {
    return model.files().stream().map(path -> model.path().relativize(path).toString()).toList();
  }

  @Test
  void laysFilesOutAsPythonDoes() throws IOException {
    LocalModel model = fixture.hub().fetch(MODEL);

    String config = FakeHub.gitSha1(CONFIG.getBytes(UTF_8));
    String weights = FakeHub.sha256(WEIGHTS);
    assertThat(fixture.tree())
        .containsEntry("models--acme--tiny/blobs/" + weights, weights)
        .containsEntry(
            "models--acme--tiny/" + SNAPSHOT + "/config.json", "-> ../../blobs/" + config)
        .containsEntry(
            "models--acme--tiny/" + SNAPSHOT + "/model.safetensors", "-> ../../blobs/" + weights)
        .containsKey("models--acme--tiny/blobs/" + config)
        .containsKey(".locks/models--acme--tiny/" + weights + ".lock");
    assertThat(fixture.inCache("refs/main")).hasContent(FakeHub.COMMIT);
    assertThat(model.path()).isEqualTo(fixture.inCache(SNAPSHOT));
    assertThat(model.commit()).contains(FakeHub.COMMIT);
    assertThat(model.path().resolve("config.json")).hasContent(CONFIG);
    assertThat(model.path().resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
  }

  @Test
  void fetchesWhatAModelNeedsAndNoOtherFormat() throws IOException {
    fixture
        .main()
        .with("generation_config.json", "{}")
        .with("tokenizer_config.json", "{\"a\": 1}")
        .with("chat_template.jinja", "{{ messages }}")
        .with("README.md", "read me")
        .with("pytorch_model.bin", "pickle")
        .with("model-q4.gguf", "gguf")
        .with("consolidated.safetensors", "again")
        .with("onnx/model.onnx", "graph")
        .with("original/consolidated.00.pth", "pickle")
        .with("vocab.json", "{}");

    LocalModel model = fixture.hub().fetch(MODEL);

    assertThat(names(model))
        .containsExactly(
            "config.json",
            "generation_config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "chat_template.jinja",
            "model.safetensors");
    assertThat(model.path().toFile().list()).hasSize(6);
  }

  @Test
  void fetchesTheShardsThatTheIndexNames() throws IOException {
    String index =
        "{\"weight_map\": {\"b\": \"model-2.safetensors\", \"a\": \"model-1.safetensors\"}}";
    fixture
        .server
        .revision("acme/sharded", "main")
        .with("config.json", CONFIG)
        .with("model.safetensors.index.json", index)
        .with("model-1.safetensors", WEIGHTS)
        .with("model-2.safetensors", "second")
        .with("model-3.safetensors", "of no use");

    LocalModel model = fixture.hub().fetch(HubReference.parse("hf://acme/sharded"));

    assertThat(names(model))
        .containsExactly(
            "config.json",
            "model.safetensors.index.json",
            "model-1.safetensors",
            "model-2.safetensors");
  }

  @Test
  void fetchesOneGgufFileAlone() throws IOException {
    fixture.main().with("gguf/tiny Q4.gguf", WEIGHTS);

    LocalModel model = fixture.hub().fetch(HubReference.parse("hf://acme/tiny/gguf/tiny Q4.gguf"));

    assertThat(model.path()).isEqualTo(fixture.inCache(SNAPSHOT + "/gguf/tiny Q4.gguf"));
    assertThat(model.path()).hasBinaryContent(WEIGHTS);
    assertThat(model.files()).containsExactly(model.path());
    assertThat(fixture.tree())
        .containsEntry(
            "models--acme--tiny/" + SNAPSHOT + "/gguf/tiny Q4.gguf",
            "-> ../../../blobs/" + FakeHub.sha256(WEIGHTS));
  }

  @Test
  void asksOnlyForTheListWhenEverythingIsThere() throws IOException {
    fixture.hub().fetch(MODEL);
    fixture.server.clearRequests();

    fixture.hub().fetch(MODEL);

    assertThat(fixture.server.log()).containsExactly("hub GET revision/main");
  }

  @Test
  void fetchesOfANewCommitOnlyWhatHasChanged() throws IOException {
    fixture.hub().fetch(MODEL);
    fixture.main().at(OTHER_COMMIT).with("config.json", "{\"changed\": true}");
    fixture.server.clearRequests();

    LocalModel model = fixture.hub().fetch(MODEL);

    assertThat(model.commit()).contains(OTHER_COMMIT);
    assertThat(fixture.inCache("refs/main")).hasContent(OTHER_COMMIT);
    assertThat(model.path().resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
    assertThat(fixture.server.log())
        .containsExactly(
            "hub GET revision/main",
            "hub HEAD config.json",
            "hub HEAD tokenizer.json",
            "hub GET config.json",
            "hub HEAD model.safetensors");
  }

  @Test
  void takesBranchesTagsCommitsAndPullRequests() throws IOException {
    fixture
        .server
        .revision("acme/tiny", "refs/pr/7")
        .at(OTHER_COMMIT)
        .with("config.json", CONFIG)
        .with("model.safetensors", WEIGHTS);

    LocalModel pull = fixture.hub().fetch(HubReference.parse("hf://acme/tiny@refs/pr/7"));
    LocalModel commit = fixture.hub().fetch(HubReference.parse("hf://acme/tiny@" + FakeHub.COMMIT));

    assertThat(pull.commit()).contains(OTHER_COMMIT);
    assertThat(fixture.inCache("refs/refs/pr/7")).hasContent(OTHER_COMMIT);
    assertThat(commit.commit()).contains(FakeHub.COMMIT);
    assertThat(fixture.inCache("refs").toFile().list()).as("a commit needs none").hasSize(1);
  }

  @Test
  void writesPlainFilesWhereThereAreNoLinks() throws IOException {
    fixture.withoutLinks().fetch(MODEL);
    assertThat(fixture.inCache(SNAPSHOT + "/model.safetensors"))
        .isRegularFile()
        .hasBinaryContent(WEIGHTS);
    assertThat(Files.isSymbolicLink(fixture.inCache(SNAPSHOT + "/model.safetensors"))).isFalse();
    fixture.server.clearRequests();

    fixture.withoutLinks().fetch(MODEL);

    assertThat(fixture.server.log()).as("found again").containsExactly("hub GET revision/main");
    assertThat(fixture.offline().fetch(MODEL).path()).isEqualTo(fixture.inCache(SNAPSHOT));
  }

  @Test
  void copiesABlobThatAnotherSnapshotLinksTo() throws IOException {
    fixture.hub().fetch(MODEL);
    fixture.main().at(OTHER_COMMIT);

    fixture.withoutLinks().fetch(MODEL);

    assertThat(fixture.inCache("snapshots/" + OTHER_COMMIT + "/model.safetensors"))
        .hasBinaryContent(WEIGHTS);
    assertThat(fixture.inCache(SNAPSHOT + "/model.safetensors")).hasBinaryContent(WEIGHTS);
  }

  @Test
  void replacesABlobOfTheWrongSizeAndALinkToNothing() throws IOException {
    fixture.hub().fetch(MODEL);
    Path blob = fixture.inCache("blobs/" + FakeHub.sha256(WEIGHTS));
    Files.write(blob, new byte[] {1, 2});
    Files.delete(fixture.inCache(SNAPSHOT + "/model.safetensors"));
    fixture.hub().fetch(MODEL);
    assertThat(blob).hasBinaryContent(WEIGHTS);

    Files.delete(blob);
    LocalModel model = fixture.hub().fetch(MODEL);

    assertThat(model.path().resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
  }

  @Test
  void findsWhatPythonHasLeftWithoutANetwork() throws IOException {
    Path snapshot = fixture.inCache(SNAPSHOT);
    Files.createDirectories(snapshot);
    Files.createDirectories(fixture.inCache("blobs"));
    Files.createDirectories(fixture.inCache("refs"));
    Files.writeString(fixture.inCache("refs/main"), FakeHub.COMMIT);
    Files.writeString(fixture.inCache("blobs/abc"), CONFIG);
    Files.createSymbolicLink(snapshot.resolve("config.json"), Path.of("../../blobs/abc"));
    Files.createSymbolicLink(snapshot.resolve("model.safetensors"), Path.of("../../blobs/abc"));
    Files.writeString(snapshot.resolve("README.md"), "fetched too, and no part of the model");

    LocalModel model = fixture.offline().fetch(MODEL);

    assertThat(names(model)).containsExactly("config.json", "model.safetensors");
    assertThat(fixture.server.requests()).isEmpty();
    assertThat(ModelLocation.parse("hf://acme/tiny").local(fixture.hub())).contains(model);
    assertThat(fixture.server.requests()).as("looked up in the cache alone").isEmpty();
  }

  @Test
  void doesNotTakeAnUnfinishedSnapshotForAModel() throws IOException {
    fixture.hub().fetch(MODEL);
    Files.delete(fixture.inCache(SNAPSHOT + "/model.safetensors"));

    assertThat(fixture.hub().cached(MODEL)).isEmpty();
  }

  @Test
  void sendsTheTokenToTheHubAndToNobodyElse() throws IOException {
    fixture.withToken("hf_secret").fetch(MODEL);

    assertThat(fixture.server.requests())
        .filteredOn(request -> request.server().equals("hub"))
        .isNotEmpty()
        .allSatisfy(request -> assertThat(request.authorization()).contains("Bearer hf_secret"));
    assertThat(fixture.server.requests())
        .filteredOn(request -> request.server().equals("cdn"))
        .isNotEmpty()
        .allSatisfy(request -> assertThat(request.authorization()).isEmpty());
  }

  @Test
  void followsRedirectsWithinTheHub() throws IOException {
    String moved =
        fixture.server.endpoint() + "/acme/tiny/resolve/" + FakeHub.COMMIT + "/config.json";
    fixture.server.hubAnswers("HEAD", "config.json", FakeHub.status(307, "Location", moved));
    fixture.server.hubAnswers(
        "GET",
        "config.json",
        FakeHub.status(307, "Location", "/acme/tiny/resolve/" + FakeHub.COMMIT + "/config.json"));

    LocalModel model = fixture.withToken("hf_secret").fetch(MODEL);

    assertThat(model.path().resolve("config.json")).hasContent(CONFIG);
    assertThat(fixture.server.requests())
        .filteredOn(request -> request.file().equals("config.json"))
        .hasSize(4)
        .allSatisfy(request -> assertThat(request.authorization()).isPresent());
  }

  @Test
  void twoAtOnceFetchAFileOnce() throws Exception {
    int threads = 4;
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Callable<LocalModel>> calls = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        calls.add(() -> fixture.hub().fetch(MODEL));
      }
      for (Future<LocalModel> model : pool.invokeAll(calls)) {
        assertThat(model.get().path().resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(fixture.server.log())
        .filteredOn(request -> request.equals("cdn GET model.safetensors"))
        .hasSize(1);
  }

  @Test
  void knowsTheHashOfLargeFilesFromTheirLinks() throws IOException {
    LocalModel model = fixture.hub().fetch(MODEL);

    assertThat(model.knownSha256(model.path().resolve("model.safetensors")))
        .contains(FakeHub.sha256(WEIGHTS));
    assertThat(model.knownSha256(model.path().resolve("config.json"))).as("SHA-1 only").isEmpty();
  }
}
