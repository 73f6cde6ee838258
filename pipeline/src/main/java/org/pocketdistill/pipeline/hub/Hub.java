package org.pocketdistill.pipeline.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pocketdistill.data.DataException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The Hugging Face hub and its cache on this machine. */
public final class Hub {
  private static final Logger LOG = LoggerFactory.getLogger("hub");
  private static final int MOST_NAMED = 8;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final HubSettings settings;
  private final Backoff backoff;
  private final Duration patience;

  /** A hub. */
  public Hub(HubSettings settings) {
    this(settings, Backoff.standard(), PATIENCE);
  }

  Hub(HubSettings settings, Backoff backoff, Duration patience) {
    this.settings = settings;
    this.backoff = backoff;
    this.patience = patience;
  }

  /** The hub that the variables of this process name. */
  public static Hub fromEnvironment() {
    return new Hub(HubSettings.fromEnvironment());
  }

  /** A model that the cache holds whole, at the commit that its revision last was. */
  public Optional<LocalModel> cached(HubReference reference) throws IOException {
    HubCache cache = new HubCache(settings, reference);
    Optional<String> commit = cache.knownCommit();
    if (commit.isEmpty()) {
      return Optional.empty();
    }
    ModelFiles.Held held = ModelFiles.held(reference, cache.snapshot(commit.get()));
    return held.missing().isPresent()
        ? Optional.empty()
        : Optional.of(model(cache, commit.get(), reference, held.files()));
  }

  private static LocalModel model(
      HubCache cache, String commit, HubReference reference, List<String> files) {
    Path snapshot = cache.snapshot(commit);
    return new LocalModel(
        reference.file().map(snapshot::resolve).orElse(snapshot),
        files.stream().map(snapshot::resolve).toList(),
        Optional.of(commit));
  }

  /**
   * The files of a model, fetched where the cache lacks them. If the hub cannot be asked and the
   * cache holds the model whole, that is taken, with a warning.
   *
   * @throws DataException if the model cannot be had
   */
  public LocalModel fetch(HubReference reference) throws IOException {
    Optional<LocalModel> cached = cached(reference);
    if (settings.offline()) {
      return cached.orElseThrow(() -> notCached(reference));
    }
    try {
      return new Fetch(reference, cached.isPresent()).run();
    } catch (HubException e) {
      if (cached.isEmpty() || !e.cacheMayServe()) {
        throw new DataException(e.getMessage(), e);
      }
      LOG.warn("{}. Uses what the cache holds: {}", e.getMessage(), cached.get().path());
      return cached.get();
    }
  }

  private DataException notCached(HubReference reference) {
    return new DataException(
        "%s: not in the cache %s, and HF_HUB_OFFLINE allows no download; unset it, or fetch the model where there is a network"
            .formatted(reference, settings.cache()));
  }

  /** One model's way into the cache. */
  private final class Fetch {
    private final HubReference reference;
    private final HubErrors errors;
    private final HubHttp http = new HubHttp(settings);
    private final HubCache cache;
    private final Backoff asking;

    Fetch(HubReference reference, boolean cached) {
      this.reference = reference;
      this.errors = new HubErrors(reference, settings);
      this.cache = new HubCache(settings, reference);
      this.asking = cached ? backoff.once() : backoff;
    }

    LocalModel run() throws IOException {
      Repository repository = asking.run(this::list, errors);
      String commit = repository.commit();
      List<String> files = new ArrayList<>(ModelFiles.first(reference, repository.files()));
      complete(commit, files);
      List<String> weights = ModelFiles.weights(reference, files, cache.snapshot(commit));
      for (String shard : weights) {
        requireListed(shard, repository);
      }
      complete(commit, weights);
      files.addAll(weights);
      cache.remember(commit);
      return model(cache, commit, reference, files);
    }

    private Repository list() throws IOException {
      URI address = http.listing(reference);
      InputStream body = http.send("GET", address, Map.of(), errors).body();
      // Never told that something came: the whole list has to come in time.
      StallGuard guard = new StallGuard(body, patience);
      try {
        return Repository.read(body, errors);
      } finally {
        guard.close();
        body.close();
      }
    }

    private void requireListed(String shard, Repository repository) {
      if (!repository.files().contains(shard)) {
        throw new DataException(
            "%s: %s names shard '%s', which the repository does not have"
                .formatted(reference, ModelFiles.INDEX, shard));
      }
    }

    private void complete(String commit, List<String> paths) throws IOException {
      List<HubFile> missing = new ArrayList<>();
      for (String path : paths) {
        if (!Files.exists(cache.snapshot(commit).resolve(path))) {
          missing.add(backoff.run(() -> describe(commit, path), errors));
        }
      }
      if (missing.isEmpty()) {
        return;
      }
      cache.prepare(commit);
      long bytes = requireSpace(missing);
      LOG.info(
          "{}: commit {}, {} to fetch into {}: {}",
          reference,
          commit.substring(0, 12),
          DownloadProgress.megabytes(bytes),
          cache.root(),
          missing.size() > MOST_NAMED
              ? missing.size() + " files"
              : String.join(", ", missing.stream().map(HubFile::path).toList()));
      DownloadProgress progress =
          new DownloadProgress(
              reference.toString(),
              missing.stream().mapToLong(HubFile::size).sum(),
              System::nanoTime);
      for (HubFile file : missing) {
        fetch(file, commit, progress);
      }
      LOG.info("{}", progress.summary());
    }

    private HubFile describe(String commit, String path) throws IOException {
      URI address = http.file(reference, commit, path);
      HttpResponse<InputStream> answer = http.send("HEAD", address, Map.of(), errors);
      answer.body().close();
      return HubFile.of(path, commit, answer.headers(), errors);
    }

    /** Bytes to come; refuses what the disk has no room for. */
    private long requireSpace(List<HubFile> files) throws IOException {
      double bytes = 0;
      for (HubFile file : files) {
        Path blob = cache.blob(file.hash());
        Path partial = BlobDownload.partial(blob);
        long there =
            Files.exists(blob) ? file.size() : Files.exists(partial) ? Files.size(partial) : 0;
        bytes += Math.max(0, file.size() - there);
      }
      FileStore store = Files.getFileStore(cache.root());
      // A store of unknown size says 0.
      if (store.getTotalSpace() > 0 && bytes > store.getUsableSpace()) {
        throw new DataException(
            "%s: %.1f GB to fetch, and %s has room for %.1f GB; free some, or set HF_HOME to a folder on a larger disk"
                .formatted(reference, bytes / 1e9, cache.root(), store.getUsableSpace() / 1e9));
      }
      return (long) bytes;
    }

    private void fetch(HubFile file, String commit, DownloadProgress progress) throws IOException {
      Path blob = cache.blob(file.hash());
      FileChannel lock = cache.lock(file.hash());
      try {
        if (Files.exists(cache.snapshot(commit).resolve(file.path()))) {
          // By another process, while this one waited.
          return;
        }
        // Of the right name and the wrong size: left by something that checks nothing.
        boolean there = Files.isRegularFile(blob) && Files.size(blob) == file.size();
        if (there) {
          progress.found(file.size());
        } else {
          URI address = http.file(reference, commit, file.path());
          BlobDownload.Link link = new BlobDownload.Link(http, backoff, errors, patience);
          new BlobDownload(file, address, blob, link).fetch(progress);
        }
        cache.place(file, commit, !there);
      } finally {
        lock.close();
      }
    }
  }
}
