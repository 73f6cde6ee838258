package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.TinyModel;
import org.pocketdistill.pipeline.hub.FakeHub;

/** {@code --model hf://…} in a process whose variables name a fake hub and a cache of its own. */
class HubModelTest {
  private static final long PATIENCE_SECONDS = 120;
  private static final String[] CHAT = {
    "chat", "--model", "hf://acme/tiny", "--prompt", "wake me", "--max-new-tokens", "4"
  };

  @TempDir private Path folder;

  private FakeHub server;
  private Path weights;

  @BeforeEach
  void start() throws IOException {
    server = new FakeHub();
    Path model = TinyModel.write(folder.resolve("model"));
    weights = model.resolve("model.safetensors");
    server.revision("acme/tiny", "main").withFolder(model);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Process start(Map<String, String> variables, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(folder.resolve("out").toFile())
            .redirectError(folder.resolve("err").toFile());
    builder.environment().keySet().removeIf(name -> name.matches("HF_.*|HUGGING.*|TRANSFORMERS.*"));
    builder.environment().put("HF_ENDPOINT", server.endpoint());
    builder.environment().put("HF_HOME", folder.resolve("home").toString());
    builder.environment().putAll(variables);
    return builder.start();
  }

  private int run(Map<String, String> variables, String... arguments) throws Exception {
    Process process = start(variables, arguments);
    try {
      assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      return process.exitValue();
    } finally {
      process.destroyForcibly();
    }
  }

  private String text(String name) throws IOException {
    return Files.readString(folder.resolve(name));
  }

  @Test
  void isFetchedOnceAndThenFoundOffline() throws Exception {
    assertThat(run(Map.of(), CHAT)).as(text("err")).isZero();
    String answer = text("out");
    assertThat(text("err"))
        .contains("hf://acme/tiny: commit " + FakeHub.COMMIT.substring(0, 12))
        .contains("to fetch into " + folder.resolve("home/hub"));
    server.close();

    assertThat(run(Map.of("HF_HUB_OFFLINE", "1"), CHAT)).as(text("err")).isZero();

    assertThat(text("out")).isEqualTo(answer);
    assertThat(text("err")).doesNotContain("hub -");
  }

  @Test
  void goesOnAfterCtrlC() throws Exception {
    int half = (int) Files.size(weights) / 2;
    server.cdnAnswers("model.safetensors", server.stalledAfter(half));
    Process stopped = start(Map.of(), CHAT);
    try {
      awaitPartial(half);
      new ProcessBuilder("kill", "-INT", Long.toString(stopped.pid())).start().waitFor();
      assertThat(stopped.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    } finally {
      stopped.destroyForcibly();
    }

    assertThat(run(Map.of(), CHAT)).as(text("err")).isZero();

    assertThat(server.log()).contains("cdn GET model.safetensors bytes=" + half + "-");
  }

  private void awaitPartial(long bytes) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (System.nanoTime() < deadline) {
      if (partialSize() == bytes) {
        return;
      }
      Thread.sleep(20);
    }
    throw new AssertionError("no part of the weights: " + text("err"));
  }

  private long partialSize() throws IOException {
    Path home = folder.resolve("home");
    if (!Files.exists(home)) {
      return 0;
    }
    try (Stream<Path> files = Files.walk(home)) {
      List<Path> partial = files.filter(file -> file.toString().endsWith(".incomplete")).toList();
      return partial.size() == 1 && Files.exists(partial.get(0)) ? Files.size(partial.get(0)) : 0;
    }
  }

  @Test
  void saysInOneBlockWhyItCannotBeHad() throws Exception {
    int code = run(Map.of(), "chat", "--model", "hf://acme/tinny", "--prompt", "x");

    assertThat(code).isEqualTo(Main.WRONG_INPUT);
    assertThat(text("err"))
        .contains("hf://acme/tinny: there is no repository " + server.endpoint() + "/acme/tinny")
        .doesNotContain("\tat ");

    assertThat(run(Map.of(), "chat", "--model", "hf://acme")).isEqualTo(Main.WRONG_INPUT);
    assertThat(text("err"))
        .contains("distill chat: --model 'hf://acme' names no model on the hub, expected hf://")
        .contains("See distill chat --help");
    assertThat(server.log()).as("refused before anything is asked").hasSize(1);
  }
}
