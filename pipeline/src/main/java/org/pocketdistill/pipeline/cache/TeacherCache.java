package org.pocketdistill.pipeline.cache;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pocketdistill.eval.result.AtomicFile;
import org.pocketdistill.pipeline.cache.ChunkFile.Chunk;
import org.pocketdistill.pipeline.cache.ChunkFile.Encoded;
import org.pocketdistill.pipeline.cache.ChunkFile.Place;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Entries of documents in a folder: {@code cache.json}, the header, and {@code chunk-N.zst}, which
 * are only ever added. Which document is where is read from the chunks when the folder is opened.
 *
 * <p>Every chunk is checked against its checksum each time it is read. One that is cut or changed
 * is named in a warning and deleted, and its documents are missing again.
 *
 * <p>New entries wait in memory until a chunk is full, or {@link #flush}. Close it to let others
 * use the folder; what waits is lost then.
 */
final class TeacherCache implements AutoCloseable {
  static final String HEADER = "cache.json";
  private static final Logger LOG = LoggerFactory.getLogger("cache");
  private static final String CHUNK = "chunk-%06d.zst";
  private static final String CHUNK_PATTERN = "chunk-(\\d{6,9})\\.zst";

  /** Content of a chunk, and of chunks kept in memory, in bytes. */
  record Limits(long chunk, long kept) {
    static final Limits USUAL = new Limits(2 << 20, 256 << 20);
  }

  private final Path folder;
  private final ChunkFile format;
  private final EntryFormat entries;
  private final CacheLock lock;
  private final Limits limits;
  private final Map<DocumentKey, Location> index = new HashMap<>();
  private final Map<Path, Long> sizes = new HashMap<>();
  private final Map<DocumentKey, Encoded> waiting = new LinkedHashMap<>();
  private final Map<Path, byte[]> kept = new LinkedHashMap<>(16, 0.75f, true);
  private long keptBytes;
  private long waitingBytes;
  private long positions;
  private int nextChunk;

  /** Where the entry of a document is. */
  private record Location(Path chunk, int begin, int positions) {}

  private TeacherCache(Path folder, CacheHeader header, Limits limits, CacheLock lock) {
    this.folder = folder;
    this.format = new ChunkFile(header);
    this.entries = new EntryFormat(header);
    this.limits = limits;
    this.lock = lock;
  }

  /**
   * Opens the cache in a folder, or begins one.
   *
   * @throws org.pocketdistill.data.DataException if it has another header
   * @throws org.pocketdistill.config.ConfigException if another run uses it
   */
  static TeacherCache open(Path folder, CacheHeader header, Limits limits) throws IOException {
    Files.createDirectories(folder);
    CacheLock lock = CacheLock.take(folder);
    try {
      Path file = folder.resolve(HEADER);
      if (Files.exists(file)) {
        CacheHeader.parse(file, Files.readString(file)).requireEqual(header, file);
      } else {
        AtomicFile.write(file, header.json());
      }
      TeacherCache cache = new TeacherCache(folder, header, limits, lock);
      cache.readIndex();
      return cache;
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private void readIndex() throws IOException {
    for (Path chunk : chunks()) {
      read(chunk)
          .ifPresent(
              found -> {
                for (Place place : found.places()) {
                  Location location = new Location(chunk, place.begin(), place.positions());
                  if (index.putIfAbsent(place.key(), location) == null) {
                    positions += place.positions();
                  }
                }
              });
    }
  }

  private List<Path> chunks() throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "chunk-*")) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (name.matches(CHUNK_PATTERN)) {
          found.add(file);
          int number = Integer.parseInt(name.replaceFirst(CHUNK_PATTERN, "$1"));
          nextChunk = Math.max(nextChunk, number + 1);
        } else if (name.endsWith(".tmp")) {
          Files.delete(file);
        }
      }
    }
    found.sort(null);
    return found;
  }

  /** The chunk, unless it is damaged: then it is deleted. */
  private Optional<Chunk> read(Path chunk) throws IOException {
    try {
      Chunk found = format.read(chunk);
      sizes.put(chunk, Files.size(chunk));
      return Optional.of(found);
    } catch (DamagedChunkException e) {
      LOG.warn("{}; deleted, what it held is computed again", e.getMessage());
      Files.deleteIfExists(chunk);
      sizes.remove(chunk);
      forget(chunk);
      return Optional.empty();
    }
  }

  private void forget(Path chunk) {
    index
        .values()
        .removeIf(
            location -> {
              boolean gone = location.chunk().equals(chunk);
              positions -= gone ? location.positions() : 0;
              return gone;
            });
  }

  boolean contains(DocumentKey key) {
    return index.containsKey(key) || waiting.containsKey(key);
  }

  /** The entry of a document, if there is one. */
  Optional<Entry> find(DocumentKey key) throws IOException {
    Encoded encoded = waiting.get(key);
    if (encoded != null) {
      return Optional.of(entries.decode(encoded.bytes(), 0, encoded.positions(), folder));
    }
    Location location = index.get(key);
    if (location == null) {
      return Optional.empty();
    }
    Optional<byte[]> content = content(location.chunk());
    if (content.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        entries.decode(content.get(), location.begin(), location.positions(), location.chunk()));
  }

  private Optional<byte[]> content(Path chunk) throws IOException {
    byte[] known = kept.get(chunk);
    if (known != null) {
      return Optional.of(known);
    }
    Optional<byte[]> content = read(chunk).map(Chunk::content);
    content.ifPresent(bytes -> keep(chunk, bytes));
    return content;
  }

  private void keep(Path chunk, byte[] content) {
    kept.put(chunk, content);
    keptBytes += content.length;
    var oldest = kept.entrySet().iterator();
    while (keptBytes > limits.kept() && kept.size() > 1) {
      keptBytes -= oldest.next().getValue().length;
      oldest.remove();
    }
  }

  /** Adds an entry; one that is there already stays. */
  void add(DocumentKey key, Entry entry) throws IOException {
    if (contains(key)) {
      return;
    }
    Encoded encoded = new Encoded(entries.encode(entry), entry.positions());
    waiting.put(key, encoded);
    waitingBytes += encoded.contentBytes();
    positions += entry.positions();
    if (waitingBytes >= limits.chunk()) {
      flush();
    }
  }

  /** Writes what waits. */
  void flush() throws IOException {
    if (waiting.isEmpty()) {
      return;
    }
    Path chunk = folder.resolve(CHUNK.formatted(nextChunk));
    sizes.put(chunk, format.write(chunk, waiting));
    nextChunk++;
    ChunkFile.places(waiting)
        .forEach(
            place -> index.put(place.key(), new Location(chunk, place.begin(), place.positions())));
    waiting.clear();
    waitingBytes = 0;
  }

  Path folder() {
    return folder;
  }

  /** Number of documents. */
  int documents() {
    return index.size() + waiting.size();
  }

  /** Learned positions of all documents. */
  long positions() {
    return positions;
  }

  /** Bytes of the chunks. */
  long bytes() {
    return sizes.values().stream().mapToLong(Long::longValue).sum();
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
