package org.pocketdistill.pipeline.hub;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Requests to the hub. Redirects are followed here and not by the client, since the token goes to
 * the hub alone and never to the host that a redirect names.
 */
final class HubHttp {
  private static final int MOST_REDIRECTS = 10;
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration ANSWER = Duration.ofSeconds(30);
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final Set<Integer> BUSY = Set.of(408, 429, 500, 502, 503, 504);

  /** For example {@code "api";r=0;t=55}: no request remains, and in 55 s there are new ones. */
  private static final Pattern RATE_LIMIT =
      Pattern.compile("\"\\w+\"\\s*;\\s*r\\s*=\\s*0\\s*;\\s*t\\s*=\\s*(\\d{1,9})");

  private final HubSettings settings;
  private final HttpClient client;

  HubHttp(HubSettings settings) {
    this.settings = settings;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT)
            .build();
  }

  /** What the hub knows about a repository at a revision. */
  URI listing(HubReference reference) {
    return at(
        "/api/models/" + reference.repository() + "/revision/" + escaped(reference.revision()));
  }

  /** A file of a repository at a commit. */
  URI file(HubReference reference, String commit, String path) {
    String escaped = escaped(path).replace("%2F", "/");
    return at("/" + reference.repository() + "/resolve/" + escaped(commit) + "/" + escaped);
  }

  private URI at(String path) {
    return URI.create(settings.endpoint() + path);
  }

  private static String escaped(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /**
   * The answer to one request, after redirects; close its body. HEAD stops at a redirect that
   * leaves the hub, because the headers that describe the file are those of the hub.
   *
   * @throws BusyException if a later try may succeed
   * @throws HubException if the hub refuses
   */
  HttpResponse<InputStream> send(
      String method, URI address, Map<String, String> headers, HubErrors errors)
      throws IOException {
    URI uri = address;
    for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      HttpResponse<InputStream> response = once(method, uri, headers);
      Optional<String> location = response.headers().firstValue("Location");
      if (!REDIRECTS.contains(response.statusCode()) || location.isEmpty()) {
        return accepted(response, errors);
      }
      URI target = target(uri, location.get(), errors);
      if (method.equals("HEAD") && !settings.isHub(target)) {
        return response;
      }
      response.body().close();
      uri = target;
    }
    throw errors.noHub("more than " + MOST_REDIRECTS + " redirects");
  }

  private HttpResponse<InputStream> once(String method, URI uri, Map<String, String> headers)
      throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .method(method, BodyPublishers.noBody())
            .timeout(ANSWER)
            .header("User-Agent", "PocketDistill; java/" + Runtime.version().feature())
            // Compressed bytes would be neither of the size nor of the hash that is announced.
            .header("Accept-Encoding", "identity");
    headers.forEach(request::header);
    if (settings.isHub(uri)) {
      settings.token().ifPresent(token -> request.header("Authorization", "Bearer " + token));
    }
    try {
      return client.send(request.build(), BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while asking the hub");
    }
  }

  private static URI target(URI from, String location, HubErrors errors) throws HubException {
    try {
      URI target = from.resolve(new URI(location));
      boolean http = "http".equalsIgnoreCase(target.getScheme());
      boolean https = "https".equalsIgnoreCase(target.getScheme());
      boolean keptSecret = https || "http".equalsIgnoreCase(from.getScheme());
      if ((http || https) && keptSecret && target.getHost() != null) {
        return target;
      }
    } catch (URISyntaxException e) {
      // Refused below.
    }
    // What follows the question mark may be a signature that lets in whoever has it.
    String shown = HubErrors.clean(location.replaceFirst("\\?.*", ""));
    throw errors.noHub("it redirects to '" + shown + "'");
  }

  private static HttpResponse<InputStream> accepted(
      HttpResponse<InputStream> response, HubErrors errors) throws IOException {
    int status = response.statusCode();
    if (status / 100 == 2 || status == 416) {
      return response;
    }
    response.body().close();
    if (BUSY.contains(status)) {
      throw new BusyException(status, wait(response.headers(), Instant.now()));
    }
    throw errors.refused(status, response.headers());
  }

  /** For how long the hub asks to be left alone: seconds, a date, or the end of its window. */
  static Optional<Duration> wait(HttpHeaders headers, Instant now) {
    Matcher limit = RATE_LIMIT.matcher(headers.firstValue("RateLimit").orElse(""));
    if (limit.find()) {
      // One more, since the hub rounds.
      return Optional.of(Duration.ofSeconds(Long.parseLong(limit.group(1)) + 1));
    }
    Optional<String> after = headers.firstValue("Retry-After").map(String::strip);
    if (after.isEmpty()) {
      return Optional.empty();
    }
    if (after.get().matches("\\d{1,9}")) {
      return Optional.of(Duration.ofSeconds(Long.parseLong(after.get())));
    }
    try {
      Instant then =
          ZonedDateTime.parse(after.get(), DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      return Optional.of(Duration.between(now, then)).filter(wait -> !wait.isNegative());
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }
}
