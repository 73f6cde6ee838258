package org.pocketdistill.pipeline.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import org.pocketdistill.data.DataException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The content of one file: fetched into {@code HASH.incomplete}, going on where an earlier attempt
 * or run stopped, checked, and only then named {@code HASH}.
 */
final class BlobDownload {
  private static final Logger LOG = LoggerFactory.getLogger("hub");
  private static final int BUFFER = 1 << 18;
  private static final int ATTEMPTS = 2;

  private final HubFile file;
  private final URI address;
  private final Path blob;
  private final Path partial;
  private final Link link;
  private long furthest;

  /**
   * A download.
   *
   * @param blob the file's name once it is complete
   */
  BlobDownload(HubFile file, URI address, Path blob, Link link) {
    this.file = file;
    this.address = address;
    this.blob = blob;
    this.partial = partial(blob);
    this.link = link;
  }

  /**
   * How to get and wait for bytes.
   *
   * @param patience how long a connection may bring nothing
   */
  record Link(HubHttp http, Backoff backoff, HubErrors errors, Duration patience) {}

  /** Where a download is kept until it is complete. */
  static Path partial(Path blob) {
    return blob.resolveSibling(blob.getFileName() + ".incomplete");
  }

  /**
   * Fetches the file.
   *
   * @throws HubException if the hub cannot be reached or refuses
   * @throws DataException if what comes is not the file, or cannot be written
   */
  void fetch(DownloadProgress progress) throws IOException {
    String found = "";
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      link.backoff.run(() -> transfer(progress), link.errors, this::furthest);
      boolean tooLong = Files.size(partial) > file.size();
      found = tooLong ? "longer than announced" : file.hash().of(partial);
      if (found.equals(file.hash().hex())) {
        Files.move(partial, blob, StandardCopyOption.ATOMIC_MOVE);
        return;
      }
      progress.lost(file.size());
      Files.delete(partial);
      furthest = 0;
      LOG.warn(
          "{}: {} is not what the hub announced; discarded", link.errors.subject(), file.path());
    }
    throw new DataException(
        "%s: %s came twice with wrong content: %d bytes of %s %s expected, found %s; discarded. A mirror or proxy may change it: check HF_ENDPOINT, or try again later"
            .formatted(
                link.errors.subject(),
                file.path(),
                file.size(),
                file.hash().algorithm(),
                file.hash().hex(),
                found));
  }

  /** What is fetched a second time, since the server knows no ranges, is no progress. */
  private long furthest() {
    try {
      furthest = Math.max(furthest, Files.exists(partial) ? Files.size(partial) : 0);
    } catch (IOException e) {
      LOG.debug("{}", partial, e);
    }
    return furthest;
  }

  /** One connection; ends when the file is complete, or has more bytes than it should. */
  private Void transfer(DownloadProgress progress) throws IOException {
    try (FileChannel out = open()) {
      if (out.size() > file.size()) {
        out.truncate(0);
      }
      long start = out.size();
      progress.found(start);
      try {
        if (start < file.size()) {
          receive(out, start, progress);
        }
      } catch (IOException | RuntimeException e) {
        progress.lost(Math.min(out.size(), file.size()));
        throw e;
      }
      return null;
    }
  }

  private void receive(FileChannel out, long start, DownloadProgress progress) throws IOException {
    Map<String, String> range = start > 0 ? Map.of("Range", "bytes=" + start + "-") : Map.of();
    HttpResponse<InputStream> response = link.http.send("GET", address, range, link.errors);
    try (InputStream body = response.body();
        StallGuard guard = new StallGuard(body, link.patience)) {
      long position = start;
      if (start > 0 && !continues(response, start)) {
        out.truncate(0);
        progress.lost(start);
        position = 0;
        if (response.statusCode() != 200) {
          throw new IOException("it has no part of the file from byte " + start);
        }
      }
      try {
        position = copy(body, out, position, guard, progress);
      } catch (IOException e) {
        throw guard.hasStalled() ? stalled() : cut(e);
      }
      if (position < file.size()) {
        throw guard.hasStalled() ? stalled() : cut(null);
      }
    }
  }

  private static IOException cut(IOException cause) {
    return new IOException("the connection was cut", cause);
  }

  private IOException stalled() {
    return new IOException("nothing came for " + link.patience.toSeconds() + " s");
  }

  private static boolean continues(HttpResponse<InputStream> response, long start) {
    return response.statusCode() == 206
        && response
            .headers()
            .firstValue("Content-Range")
            .orElse("")
            .startsWith("bytes " + start + "-");
  }

  /** Never more than one byte beyond the announced size, however much comes. */
  private long copy(
      InputStream body, FileChannel out, long start, StallGuard guard, DownloadProgress progress)
      throws IOException {
    byte[] buffer = new byte[BUFFER];
    long position = start;
    while (position <= file.size()) {
      int wanted = (int) Math.min(buffer.length, file.size() + 1 - position);
      int read = body.read(buffer, 0, wanted);
      if (read < 0) {
        break;
      }
      guard.alive();
      write(out, ByteBuffer.wrap(buffer, 0, read), position);
      position += read;
      progress.received(read);
    }
    return position;
  }

  private FileChannel open() {
    try {
      return FileChannel.open(partial, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw unwritable(e, file.size());
    }
  }

  private void write(FileChannel out, ByteBuffer bytes, long position) {
    long at = position;
    try {
      while (bytes.hasRemaining()) {
        at += out.write(bytes, at);
      }
    } catch (IOException e) {
      throw unwritable(e, file.size() - position);
    }
  }

  private DataException unwritable(IOException reason, long missing) {
    return new DataException(
        "%s: %s cannot be written (%s); %s are still missing. What is there stays, and the next run goes on from it"
            .formatted(
                link.errors.subject(),
                partial,
                HubErrors.reason(reason),
                DownloadProgress.megabytes(missing)),
        reason);
  }
}
