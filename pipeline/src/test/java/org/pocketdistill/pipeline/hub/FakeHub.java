package org.pocketdistill.pipeline.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Two servers on this machine: one that answers as the hub does, and one, of another port and so
 * another origin, that holds the large files as its CDN does. Large files are those of more than
 * 100 bytes. Answers can be replaced one by one.
 */
public final class FakeHub implements AutoCloseable {
  /** Commit of a repository unless another is given. */
  public static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  private static final int LARGE = 100;

  private final HttpServer hub;
  private final HttpServer cdn;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Map<String, Revision> revisions = new ConcurrentHashMap<>();
  private final Map<String, Deque<Answer>> answers = new ConcurrentHashMap<>();
  private final List<Request> requests = Collections.synchronizedList(new ArrayList<>());

  /** Starts both servers. */
  public FakeHub() throws IOException {
    InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    hub = HttpServer.create(anyPort, 0);
    cdn = HttpServer.create(anyPort, 0);
    start(hub, "hub", this::answer);
    start(cdn, "cdn", this::content);
  }

  private void start(HttpServer server, String name, Answer usual) {
    server.setExecutor(threads);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            Request request = Request.of(name, exchange);
            requests.add(request);
            Deque<Answer> special =
                answers.getOrDefault(
                    request.server() + " " + request.method() + " " + request.file(),
                    new ArrayDeque<>());
            Answer answer;
            synchronized (special) {
              answer = Optional.ofNullable(special.poll()).orElse(usual);
            }
            answer.to(exchange);
          } catch (IOException e) {
            // The client has gone, or the answer was meant to be cut.
            return;
          }
        });
    server.start();
  }

  /** This hub with a cache in a folder, whatever the environment says. */
  public Hub client(Path cache) {
    return new Hub(new HubSettings(URI.create(endpoint()), Optional.empty(), cache, false, true));
  }

  /** A hub that is never asked, and an empty cache. */
  public static Hub nobody() {
    URI nowhere = URI.create("http://127.0.0.1:1");
    return new Hub(new HubSettings(nowhere, Optional.empty(), Path.of("no", "cache"), true, true));
  }

  /** What {@code HF_ENDPOINT} has to be. */
  public String endpoint() {
    return address(hub);
  }

  private static String address(HttpServer server) {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** A branch as it is, which may be changed. */
  public Revision revision(String repository, String name) {
    return revisions.computeIfAbsent(repository + "@" + name, key -> new Revision());
  }

  /** Files of a branch, commit or tag. */
  public static final class Revision {
    private final Map<String, byte[]> files = new TreeMap<>();
    private String commit = COMMIT;

    /** Adds a file. */
    public Revision with(String path, byte[] content) {
      files.put(path, content);
      return this;
    }

    /** Adds a file of text. */
    public Revision with(String path, String content) {
      return with(path, content.getBytes(UTF_8));
    }

    /** Takes a file away. */
    public Revision without(String path) {
      files.remove(path);
      return this;
    }

    /** Adds every file of a folder. */
    public Revision withFolder(Path folder) throws IOException {
      try (Stream<Path> paths = Files.list(folder)) {
        for (Path path : paths.filter(Files::isRegularFile).toList()) {
          with(path.getFileName().toString(), Files.readAllBytes(path));
        }
      }
      return this;
    }

    /** Sets the commit. */
    public Revision at(String sha) {
      commit = sha;
      return this;
    }
  }

  /** Replaces the next answer of the hub to a method and file. */
  public void hubAnswers(String method, String file, Answer answer) {
    queue("hub " + method + " " + file, answer);
  }

  /** Replaces the next answer of the CDN to GET. */
  public void cdnAnswers(String file, Answer answer) {
    queue("cdn GET " + file, answer);
  }

  private void queue(String key, Answer answer) {
    Deque<Answer> queue = answers.computeIfAbsent(key, k -> new ArrayDeque<>());
    synchronized (queue) {
      queue.add(answer);
    }
  }

  /** An answer. */
  @FunctionalInterface
  public interface Answer {
    /** Sends it. */
    void to(HttpExchange exchange) throws IOException;
  }

  /** An answer of a status, with headers. */
  public static Answer status(int status, String... headers) {
    return exchange -> {
      for (int i = 0; i < headers.length; i += 2) {
        exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
      }
      exchange.sendResponseHeaders(status, -1);
    };
  }

  /** The usual content, of which this many bytes come, and then nothing for a minute. */
  public Answer stalledAfter(int bytes) {
    return exchange -> {
      byte[] content = requested(exchange);
      exchange.sendResponseHeaders(200, content.length);
      exchange.getResponseBody().write(content, 0, bytes);
      exchange.getResponseBody().flush();
      sleep();
    };
  }

  /** For a minute, or until the server is closed. */
  static void sleep() {
    try {
      Thread.sleep(60_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The usual content, of which only this many bytes come before the connection breaks. */
  public Answer cutAfter(int bytes) {
    return exchange -> {
      byte[] content = requested(exchange);
      exchange.sendResponseHeaders(
          exchange.getRequestHeaders().containsKey("Range") ? 206 : 200, content.length);
      exchange.getResponseBody().write(content, 0, bytes);
    };
  }

  /** These bytes, whatever was asked for. */
  public static Answer bytes(byte[] content) {
    return exchange -> {
      exchange.sendResponseHeaders(200, content.length);
      exchange.getResponseBody().write(content);
    };
  }

  /** This text, whatever was asked for. */
  public static Answer text(String content) {
    return bytes(content.getBytes(UTF_8));
  }

  /** All requests so far. */
  public List<Request> requests() {
    return List.copyOf(requests);
  }

  /** Requests as {@code server METHOD file}, with the range where there was one. */
  public List<String> log() {
    return requests().stream().map(Request::toString).toList();
  }

  /** Forgets the requests so far. */
  public void clearRequests() {
    requests.clear();
  }

  /**
   * A request.
   *
   * @param server {@code hub} or {@code cdn}
   * @param file its last part; for the list of files, {@code revision/NAME}
   */
  public record Request(
      String server,
      String method,
      String file,
      Optional<String> range,
      Optional<String> authorization) {
    private static Request of(String server, HttpExchange exchange) {
      String path = exchange.getRequestURI().getPath();
      String file =
          path.startsWith("/api/models/")
              ? path.replaceFirst(".*/revision/", "revision/")
              : path.replaceFirst(".*/", "");
      return new Request(
          server,
          exchange.getRequestMethod(),
          file,
          Optional.ofNullable(exchange.getRequestHeaders().getFirst("Range")),
          Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization")));
    }

    @Override
    public String toString() {
      return server + " " + method + " " + file + range.map(text -> " " + text).orElse("");
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    String[] parts = exchange.getRequestURI().getRawPath().split("/", -1);
    if (parts[1].equals("api")) {
      list(exchange, parts[3] + "/" + parts[4], URLDecoder.decode(parts[6], UTF_8));
    } else {
      resolve(exchange, parts[1] + "/" + parts[2], parts[4]);
    }
  }

  private void list(HttpExchange exchange, String repository, String name) throws IOException {
    if (revisions.keySet().stream().noneMatch(key -> key.startsWith(repository + "@"))) {
      status(401, "X-Error-Code", "RepoNotFound", "X-Error-Message", "Repository not found")
          .to(exchange);
      return;
    }
    Revision revision = find(repository, name);
    if (revision == null) {
      status(404, "X-Error-Code", "RevisionNotFound").to(exchange);
      return;
    }
    String siblings =
        revision.files.keySet().stream()
            .map(path -> "{\"rfilename\": \"" + path.replace("\\", "\\\\") + "\"}")
            .collect(Collectors.joining(", "));
    String json =
        "{\"id\": \"%s\", \"sha\": \"%s\", \"siblings\": [%s]}"
            .formatted(repository, revision.commit, siblings);
    text(json).to(exchange);
  }

  private Revision find(String repository, String name) {
    return revisions.entrySet().stream()
        .filter(entry -> entry.getKey().startsWith(repository + "@"))
        .filter(
            entry ->
                entry.getKey().equals(repository + "@" + name)
                    || entry.getValue().commit.equals(name))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(null);
  }

  private void resolve(HttpExchange exchange, String repository, String commit) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String file = path.substring(path.indexOf(commit) + commit.length() + 1);
    Revision revision = find(repository, commit);
    byte[] content = revision == null ? null : revision.files.get(file);
    if (content == null) {
      status(404, "X-Error-Code", "EntryNotFound").to(exchange);
      return;
    }
    var headers = exchange.getResponseHeaders();
    headers.set("X-Repo-Commit", commit);
    if (content.length > LARGE) {
      headers.set("X-Linked-Size", Integer.toString(content.length));
      headers.set("X-Linked-Etag", "\"" + sha256(content) + "\"");
      headers.set("ETag", "\"of-the-redirect\"");
      String rawPath = exchange.getRequestURI().getRawPath().replace("/resolve/", "/");
      headers.set("Location", address(cdn) + rawPath + "?signature=secret");
      exchange.sendResponseHeaders(302, -1);
      return;
    }
    headers.set("ETag", "W/\"" + gitSha1(content) + "\"");
    if (exchange.getRequestMethod().equals("HEAD")) {
      headers.set("Content-Length", Integer.toString(content.length));
      exchange.sendResponseHeaders(200, -1);
    } else {
      bytes(content).to(exchange);
    }
  }

  /** The CDN: no headers of the hub, ranges. */
  private void content(HttpExchange exchange) throws IOException {
    byte[] content = requested(exchange);
    exchange.sendResponseHeaders(
        exchange.getRequestHeaders().containsKey("Range") ? 206 : 200, content.length);
    try (OutputStream body = exchange.getResponseBody()) {
      body.write(content);
    }
  }

  private byte[] requested(HttpExchange exchange) {
    String[] parts = exchange.getRequestURI().getPath().split("/", 5);
    byte[] content = find(parts[1] + "/" + parts[2], parts[3]).files.get(parts[4]);
    String range = exchange.getRequestHeaders().getFirst("Range");
    if (range == null) {
      return content;
    }
    int start = Integer.parseInt(range.replaceAll("\\D", ""));
    exchange
        .getResponseHeaders()
        .set(
            "Content-Range", "bytes %d-%d/%d".formatted(start, content.length - 1, content.length));
    return Arrays.copyOfRange(content, start, content.length);
  }

  /** SHA-256 in hex. */
  public static String sha256(byte[] content) {
    return HexFormat.of().formatHex(digest("SHA-256").digest(content));
  }

  /** Git's name for the content of a file. */
  public static String gitSha1(byte[] content) {
    MessageDigest digest = digest("SHA-1");
    digest.update(("blob " + content.length + "\0").getBytes(UTF_8));
    return HexFormat.of().formatHex(digest.digest(content));
  }

  private static MessageDigest digest(String name) {
    try {
      return MessageDigest.getInstance(name);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    hub.stop(0);
    cdn.stop(0);
    threads.shutdownNow();
  }
}
