package org.pocketdistill.pipeline.hub;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A fake hub with a model, a cache in a folder, and waits that are noted and not waited for. */
final class HubFixture implements AutoCloseable {
  static final String REPOSITORY = "acme/tiny";
  static final HubReference MODEL = HubReference.parse("hf://acme/tiny");
  static final String CONFIG = "{\"model_type\": \"llama\"}";

  /** Some hundred kilobytes, so that they come in several pieces. */
  static final byte[] WEIGHTS = random(400_000, 1);

  private static final Duration PATIENCE = Duration.ofMillis(400);

  final FakeHub server = new FakeHub();
  final Path cache;
  final List<Duration> waits = new ArrayList<>();

  HubFixture(Path cache) throws IOException {
    this.cache = cache;
    server
        .revision(REPOSITORY, "main")
        .with("config.json", CONFIG)
        .with("tokenizer.json", "{}")
        .with("model.safetensors", WEIGHTS);
  }

  static byte[] random(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /** The one file of text that every model has, and others. */
  FakeHub.Revision main() {
    return server.revision(REPOSITORY, "main");
  }

  Hub hub() {
    return hub(Optional.empty(), false, true);
  }

  Hub offline() {
    return hub(Optional.empty(), true, true);
  }

  Hub withToken(String token) {
    return hub(Optional.of(token), false, true);
  }

  Hub withoutLinks() {
    return hub(Optional.empty(), false, false);
  }

  /** The endpoint is always the fake's, whatever the environment says. */
  private Hub hub(Optional<String> token, boolean offline, boolean symlinks) {
    HubSettings settings =
        new HubSettings(URI.create(server.endpoint()), token, cache, offline, symlinks);
    return hub(settings);
  }

  Hub hub(HubSettings settings) {
    return new Hub(settings, Backoff.sleepingBy(waits::add), PATIENCE);
  }

  Path inCache(String path) {
    return cache.resolve("models--acme--tiny").resolve(path);
  }

  Path partialWeights() {
    return inCache("blobs/" + FakeHub.sha256(WEIGHTS) + ".incomplete");
  }

  /** Every file of the cache with its content, or what it links to. */
  Map<String, String> tree() throws IOException {
    Map<String, String> tree = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(cache)) {
      for (Path path : paths.toList()) {
        String name = cache.relativize(path).toString();
        if (Files.isSymbolicLink(path)) {
          tree.put(name, "-> " + Files.readSymbolicLink(path));
        } else if (Files.isRegularFile(path)) {
          tree.put(name, FakeHub.sha256(Files.readAllBytes(path)));
        }
      }
    }
    return tree;
  }

  @Override
  public void close() {
    server.close();
  }
}
