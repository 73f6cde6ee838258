package org.pocketdistill.pipeline.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pocketdistill.pipeline.hub.HubFixture.CONFIG;
import static org.pocketdistill.pipeline.hub.HubFixture.MODEL;
import static org.pocketdistill.pipeline.hub.HubFixture.WEIGHTS;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.data.DataException;

/** What is said when a model cannot be had. */
class HubErrorsTest {
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

  private AbstractThrowableAssert<?, ?> refusal(String reference) {
    return assertThatThrownBy(() -> fixture.hub().fetch(HubReference.parse(reference)))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(reference + ": ");
  }

  @Test
  void ofARepositoryThatDoesNotExist() {
    refusal("hf://acme/tinny")
        .hasMessageContaining("there is no repository " + fixture.server.endpoint() + "/acme/tinny")
        .hasMessageContaining("or it is private and needs a token in HF_TOKEN")
        .hasMessageContaining("compare the name with the hub's page");
    assertThatThrownBy(() -> fixture.withToken("hf_x").fetch(HubReference.parse("hf://acme/tinny")))
        .hasMessageContaining("or it is private and the token that is set does not open it");
  }

  @Test
  void ofARevisionThatDoesNotExist() {
    refusal("hf://acme/tiny@v9")
        .hasMessageContaining("there is no revision 'v9' in")
        .hasMessageContaining("/acme/tiny");
  }

  @Test
  void ofAGatedRepository() {
    String[] gated = {"X-Error-Code", "GatedRepo", "X-Error-Message", "Access is restricted"};
    fixture.server.hubAnswers("HEAD", "config.json", FakeHub.status(401, gated));
    refusal("hf://acme/tiny")
        .hasMessageContaining("this repository is gated and no token is set; ask for access at")
        .hasMessageContaining("then set HF_TOKEN to a token of that account");

    fixture.server.hubAnswers("HEAD", "config.json", FakeHub.status(403, gated));
    assertThatThrownBy(() -> fixture.withToken("hf_x").fetch(MODEL))
        .hasMessageContaining(
            "gated and the token that is set belongs to an account without access");
  }

  @Test
  void ofATokenThatIsNotValid() {
    fixture.server.hubAnswers(
        "GET",
        "revision/main",
        FakeHub.status(401, "X-Error-Message", "Invalid credentials in Authorization header"));

    assertThatThrownBy(() -> fixture.withToken("hf_secret").fetch(MODEL))
        .hasMessageContaining("the hub refuses the token; renew it and set HF_TOKEN")
        .hasMessageNotContaining("hf_secret");
  }

  @Test
  void ofAnotherRefusalWithWhatTheHubSays() {
    fixture.server.hubAnswers(
        "GET", "revision/main", FakeHub.status(403, "X-Error-Message", "Billing is due"));
    refusal("hf://acme/tiny")
        .hasMessageContaining("answers 403: Billing is due; the token has to allow reading");
  }

  @Test
  void ofNoNetwork() throws IOException {
    HubSettings nobody =
        new HubSettings(
            URI.create("http://127.0.0.1:1"), Optional.empty(), fixture.cache, false, true);
    assertThatThrownBy(() -> fixture.hub(nobody).fetch(MODEL))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(
            "hf://acme/tiny: http://127.0.0.1:1 cannot be reached: the connection")
        .hasMessageContaining("(6 tries); check the network, set HF_ENDPOINT to a mirror");

    fixture.hub().fetch(MODEL);
    fixture.waits.clear();
    assertThat(fixture.hub(nobody).fetch(MODEL).path()).as("from the cache").exists();
    assertThat(fixture.waits).as("at once, since there is something to use").isEmpty();
  }

  @Test
  void ofARevisionThatHasGoneEvenIfTheCacheHasIt() throws IOException {
    fixture.hub().fetch(MODEL);
    fixture.server.hubAnswers(
        "GET", "revision/main", FakeHub.status(404, "X-Error-Code", "RevisionNotFound"));
    refusal("hf://acme/tiny").hasMessageContaining("there is no revision 'main'");
  }

  @Test
  void offlineOfAModelThatIsNotInTheCache() {
    assertThatThrownBy(() -> fixture.offline().fetch(MODEL))
        .isInstanceOf(DataException.class)
        .hasMessage(
            "hf://acme/tiny: not in the cache %s, and HF_HUB_OFFLINE allows no download; unset it,"
                    .formatted(fixture.cache)
                + " or fetch the model where there is a network");
    assertThat(fixture.server.requests()).isEmpty();
  }

  @Test
  void ofARepositoryWithoutSafetensorsSayingWhatItHas() {
    fixture
        .server
        .revision("acme/old", "main")
        .with("config.json", CONFIG)
        .with("pytorch_model.bin", WEIGHTS);
    refusal("hf://acme/old")
        .hasMessageContaining("the repository has no model.safetensors or model.safetensors.index")
        .hasMessageContaining("it has pytorch_model.bin; expected a model with safetensors");

    fixture
        .server
        .revision("acme/gguf", "main")
        .with("README.md", "none")
        .with("tiny-Q4.gguf", WEIGHTS)
        .with("tiny-Q8.gguf", WEIGHTS);
    refusal("hf://acme/gguf")
        .hasMessageContaining("it has tiny-Q4.gguf, tiny-Q8.gguf; name a GGUF file: ")
        .hasMessageEndingWith("hf://acme/gguf/tiny-Q4.gguf");

    fixture.server.revision("acme/empty", "main").with("README.md", "nothing");
    refusal("hf://acme/empty").hasMessageContaining("it has no weights");
  }

  @Test
  void ofAGgufFileThatIsNotThere() {
    fixture.main().with("tiny-Q4.gguf", WEIGHTS);
    refusal("hf://acme/tiny/tiny-Q5.gguf")
        .hasMessageContaining("the repository has no file 'tiny-Q5.gguf'; did you mean")
        .hasMessageContaining("tiny-Q4.gguf");
  }

  @Test
  void ofNamesThatLeadOutOfTheFolder() {
    for (String name : new String[] {"../x", "/etc/passwd", "a/../../x", "..\\x"}) {
      fixture.server.revision("acme/hostile", "main").with(name, "x");
      refusal("hf://acme/hostile")
          .hasMessageContaining("the repository lists a file '" + name + "', whose name leads out");
      fixture.server.revision("acme/hostile", "main").without(name);
    }
  }

  @Test
  void ofAnIndexThatNamesFilesElsewhere() {
    FakeHub.Revision sharded =
        fixture.server.revision("acme/sharded", "main").with("config.json", CONFIG);
    sharded.with("model.safetensors.index.json", "{\"weight_map\": {\"a\": \"../x.safetensors\"}}");
    assertThatThrownBy(() -> fixture.hub().fetch(HubReference.parse("hf://acme/sharded")))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("model.safetensors.index.json: shard '../x.safetensors', expected");

    sharded
        .at("a".repeat(40))
        .with("model.safetensors.index.json", "{\"weight_map\": {\"a\": \"b.safetensors\"}}");
    refusal("hf://acme/sharded")
        .hasMessageContaining("names shard 'b.safetensors', which the repository does not have");

    sharded.at("b".repeat(40)).with("model.safetensors.index.json", "{}");
    assertThatThrownBy(() -> fixture.hub().fetch(HubReference.parse("hf://acme/sharded")))
        .hasMessageContaining("expected an object 'weight_map', tensor to file name");
  }

  @Test
  void ofAServerThatIsNoHub() {
    String page = "revision/main";
    fixture.server.hubAnswers("GET", page, FakeHub.text("<html>Log in"));
    refusal("hf://acme/tiny")
        .hasMessageContaining("does not answer as a hub does: its list of files is no JSON")
        .hasMessageContaining("check HF_ENDPOINT, and that no login page or proxy answers");
    fixture.server.hubAnswers("GET", page, FakeHub.text("{\"sha\": \"../x\"}"));
    refusal("hf://acme/tiny").hasMessageContaining("sha '../x', expected 40 hex digits");
    fixture.server.hubAnswers("GET", page, FakeHub.text("{\"sha\": \"" + FakeHub.COMMIT + "\"}"));
    refusal("hf://acme/tiny").hasMessageContaining("no list 'siblings' of files");
    fixture.server.hubAnswers(
        "GET", page, FakeHub.status(302, "Location", "file:///etc/passwd?signature"));
    refusal("hf://acme/tiny").hasMessageContaining("it redirects to 'file:///etc/passwd';");
  }

  @Test
  void ofAListThatDoesNotEnd() throws IOException {
    for (int i = 0; i < 6; i++) {
      fixture.server.hubAnswers(
          "GET",
          "revision/main",
          exchange -> {
            exchange.sendResponseHeaders(200, 1000);
            exchange.getResponseBody().write('{');
            exchange.getResponseBody().flush();
            FakeHub.sleep();
          });
    }
    refusal("hf://acme/tiny").hasMessageContaining("cannot be reached: closed (6 tries)");
  }

  @Test
  void ofRedirectsWithoutEnd() {
    for (int i = 0; i <= 10; i++) {
      fixture.server.hubAnswers(
          "HEAD",
          "config.json",
          FakeHub.status(307, "Location", "/acme/tiny/resolve/" + FakeHub.COMMIT + "/config.json"));
    }
    refusal("hf://acme/tiny").hasMessageContaining("more than 10 redirects");
  }

  @Test
  void ofFilesThatCannotBeChecked() {
    describeConfig("X-Repo-Commit", "f".repeat(40));
    refusal("hf://acme/tiny").hasMessageContaining("config.json: X-Repo-Commit 'ffff");
    describeConfig("X-Repo-Commit", FakeHub.COMMIT, "ETag", "\"../../x\"");
    refusal("hf://acme/tiny")
        .hasMessageContaining("ETag '\"../../x\"', expected a SHA-1 or SHA-256");
    describeConfig("X-Repo-Commit", FakeHub.COMMIT, "ETag", "\"" + "0".repeat(40) + "\"");
    refusal("hf://acme/tiny").hasMessageContaining("config.json: a size of 'none' bytes");
    String[] huge = {
      "X-Repo-Commit",
      FakeHub.COMMIT,
      "ETag",
      "\"" + "0".repeat(40) + "\"",
      "X-Linked-Size",
      "99999999999999999999"
    };
    describeConfig(huge);
    refusal("hf://acme/tiny").hasMessageContaining("a size of '99999999999999999999' bytes");
  }

  private void describeConfig(String... headers) {
    fixture.server.hubAnswers("HEAD", "config.json", FakeHub.status(200, headers));
  }
}
