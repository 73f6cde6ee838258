package org.pocketdistill.pipeline.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pocketdistill.pipeline.hub.HubFixture.MODEL;
import static org.pocketdistill.pipeline.hub.HubFixture.WEIGHTS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.data.DataException;

/** Transfers that break, and content that is wrong. */
class HubTransferTest {
  private static final String FILE = "model.safetensors";
  private static final String GET = "cdn GET model.safetensors";

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

  private void fetchesTheWeights() throws IOException {
    LocalModel model = fixture.hub().fetch(MODEL);
    assertThat(model.path().resolve(FILE)).hasBinaryContent(WEIGHTS);
    assertThat(fixture.partialWeights()).doesNotExist();
  }

  private void leavePartial(byte[] content) throws IOException {
    Files.createDirectories(fixture.partialWeights().getParent());
    Files.write(fixture.partialWeights(), content);
  }

  @Test
  void goesOnWhereTheConnectionWasCut() throws IOException {
    fixture.server.cdnAnswers(FILE, fixture.server.cutAfter(100_000));
    fixture.server.cdnAnswers(FILE, fixture.server.cutAfter(50_000));

    fetchesTheWeights();

    assertThat(fixture.server.log())
        .filteredOn(request -> request.startsWith(GET))
        .containsExactly(GET, GET + " bytes=100000-", GET + " bytes=150000-");
    assertThat(fixture.waits).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(1));
  }

  @Test
  void goesOnWhereAnEarlierRunStopped() throws IOException {
    leavePartial(Arrays.copyOf(WEIGHTS, 123_456));

    fetchesTheWeights();

    assertThat(fixture.server.log()).contains(GET + " bytes=123456-");
  }

  @Test
  void asksForNothingWhenTheEarlierRunHadItAll() throws IOException {
    leavePartial(WEIGHTS);

    fetchesTheWeights();

    assertThat(fixture.server.log()).noneMatch(request -> request.startsWith("cdn"));
  }

  @Test
  void startsAnewWhereTheServerKnowsNoRanges() throws IOException {
    leavePartial(Arrays.copyOf(WEIGHTS, 123_456));
    fixture.server.cdnAnswers(FILE, FakeHub.bytes(WEIGHTS));

    fetchesTheWeights();
  }

  @Test
  void startsAnewWhereTheServerRefusesTheRange() throws IOException {
    leavePartial(Arrays.copyOf(WEIGHTS, 123_456));
    fixture.server.cdnAnswers(FILE, FakeHub.status(416));

    fetchesTheWeights();

    assertThat(fixture.server.log()).endsWith(GET);
  }

  @Test
  void givesUpOnAServerThatRefusesRangesAndBreaksOff() {
    for (int i = 0; i < 20; i++) {
      fixture.server.cdnAnswers(FILE, fixture.server.cutAfter(100_000));
      fixture.server.cdnAnswers(FILE, FakeHub.status(416));
    }

    assertThatThrownBy(() -> fixture.hub().fetch(MODEL))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("(6 tries)");
  }

  @Test
  void startsAnewWhereTheServerSendsAnotherRange() throws IOException {
    leavePartial(Arrays.copyOf(WEIGHTS, 123_456));
    fixture.server.cdnAnswers(
        FILE, FakeHub.status(206, "Content-Range", "bytes 0-10/" + WEIGHTS.length));

    fetchesTheWeights();

    assertThat(fixture.server.log()).endsWith(GET);
  }

  @Test
  void discardsWhatIsLongerThanTheFile() throws IOException {
    leavePartial(Arrays.copyOf(WEIGHTS, WEIGHTS.length + 1));

    fetchesTheWeights();
  }

  @Test
  void givesUpAfterSixTriesThatBringNothing() {
    for (int i = 0; i < 6; i++) {
      fixture.server.cdnAnswers(FILE, fixture.server.cutAfter(0));
    }

    assertThatThrownBy(() -> fixture.hub().fetch(MODEL))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(
            "cannot be reached: the connection was cut (6 tries); check the network");
    assertThat(fixture.waits).extracting(Duration::toSeconds).containsExactly(1L, 2L, 4L, 8L, 8L);
  }

  @Test
  void leavesAConnectionThatBringsNothing() throws IOException {
    fixture.server.cdnAnswers(FILE, fixture.server.stalledAfter(1000));

    fetchesTheWeights();

    assertThat(fixture.server.log()).contains(GET + " bytes=1000-");
  }

  @Test
  void fetchesAgainWhatHasTheWrongHash() throws IOException {
    byte[] wrong = WEIGHTS.clone();
    wrong[300_000] ^= 1;
    fixture.server.cdnAnswers(FILE, FakeHub.bytes(wrong));

    fetchesTheWeights();

    assertThat(fixture.server.log()).filteredOn(GET::equals).hasSize(2);
  }

  @Test
  void fetchesAgainWhereAnEarlierRunLeftTheWrongBytes() throws IOException {
    leavePartial(new byte[123_456]);

    fetchesTheWeights();

    assertThat(fixture.server.log())
        .filteredOn(request -> request.startsWith(GET))
        .containsExactly(GET + " bytes=123456-", GET);
  }

  @Test
  void refusesWhatHasTheWrongHashTwice() {
    byte[] wrong = new byte[WEIGHTS.length];
    fixture.server.cdnAnswers(FILE, FakeHub.bytes(wrong));
    fixture.server.cdnAnswers(FILE, FakeHub.bytes(wrong));

    assertThatThrownBy(() -> fixture.hub().fetch(MODEL))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("hf://acme/tiny: model.safetensors came twice with wrong content")
        .hasMessageContaining("SHA-256 " + FakeHub.sha256(WEIGHTS) + " expected")
        .hasMessageContaining("found " + FakeHub.sha256(wrong) + "; discarded");
    assertThat(fixture.partialWeights()).doesNotExist();
    assertThat(fixture.inCache("snapshots/" + FakeHub.COMMIT + "/" + FILE)).doesNotExist();
    assertThat(fixture.inCache("refs/main")).as("no commit that is not whole").doesNotExist();
  }

  @Test
  void checksSmallFilesByGitsHash() {
    String file = "config.json";
    fixture.server.hubAnswers("GET", file, FakeHub.text("{\"model_type\": \"LLAMA\"}"));
    fixture.server.hubAnswers("GET", file, FakeHub.text("{\"model_type\": \"LLAMA\"}"));

    assertThatThrownBy(() -> fixture.hub().fetch(MODEL))
        .hasMessageContaining("config.json came twice with wrong content: 23 bytes of git's SHA-1");
  }

  @Test
  void takesNoMoreThanWasAnnounced() {
    byte[] endless = new byte[10 * WEIGHTS.length];
    fixture.server.cdnAnswers(FILE, FakeHub.bytes(endless));
    fixture.server.cdnAnswers(FILE, FakeHub.bytes(endless));

    assertThatThrownBy(() -> fixture.hub().fetch(MODEL))
        .hasMessageContaining("400000 bytes of SHA-256")
        .hasMessageContaining("found longer than announced; discarded");
  }

  @Test
  void waitsAsLongAsTheHubAsks() throws IOException {
    fixture.server.hubAnswers("GET", "revision/main", FakeHub.status(429, "Retry-After", "37"));
    fixture.server.hubAnswers(
        "HEAD", "config.json", FakeHub.status(429, "RateLimit", "\"resolvers\";r=0;t=55"));
    fixture.server.hubAnswers("HEAD", "config.json", FakeHub.status(503));
    fixture.server.cdnAnswers(FILE, FakeHub.status(500));

    fetchesTheWeights();

    assertThat(fixture.waits).extracting(Duration::toSeconds).containsExactly(37L, 56L, 2L, 1L);
  }

  @Test
  void doesNotWaitForHours() {
    fixture.server.hubAnswers("GET", "revision/main", FakeHub.status(429, "Retry-After", "7200"));

    assertThatThrownBy(() -> fixture.hub().fetch(MODEL))
        .hasMessageContaining("asks to wait 7200 s; try again then, or set HF_TOKEN");
    assertThat(fixture.waits).isEmpty();
  }

  @Test
  void saysThatTheHubIsOutOfOrder() {
    for (int i = 0; i < 6; i++) {
      fixture.server.hubAnswers("GET", "revision/main", FakeHub.status(502));
    }

    assertThatThrownBy(() -> fixture.hub().fetch(MODEL))
        .hasMessageContaining("is out of order: it answers 502 (6 tries); try again later");
  }

  @Test
  void refusesWhatTheDiskHasNoRoomFor() {
    fixture.server.hubAnswers(
        "HEAD",
        FILE,
        FakeHub.status(
            302,
            "X-Repo-Commit",
            FakeHub.COMMIT,
            "X-Linked-Etag",
            "\"" + FakeHub.sha256(WEIGHTS) + "\"",
            "X-Linked-Size",
            "900000000000000000",
            "Location",
            "http://cdn.invalid/file"));

    assertThatThrownBy(() -> fixture.hub().fetch(MODEL))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("hf://acme/tiny: 900000000.0 GB to fetch, and " + fixture.cache)
        .hasMessageContaining("free some, or set HF_HOME to a folder on a larger disk");
  }
}
