package org.pocketdistill.pipeline.hub;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pocketdistill.config.ConfigException;

/**
 * Where the hub is and where its files are kept, from the variables that huggingface_hub reads.
 *
 * @param endpoint address of the hub, without a slash at its end
 * @param token sent to the endpoint, and to no other host
 * @param cache folder of the cache
 * @param offline use the cache alone
 * @param symlinks whether snapshots may link to blobs
 */
public record HubSettings(
    URI endpoint, Optional<String> token, Path cache, boolean offline, boolean symlinks) {
  private static final String ENDPOINT = "HF_ENDPOINT";
  private static final String PUBLIC_HUB = "https://huggingface.co";
  private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");
  private static final Pattern VARIABLE = Pattern.compile("\\$(\\w+|\\{(\\w+)\\})");

  /** Settings of this process. */
  public static HubSettings fromEnvironment() {
    return of(System.getenv(), Path.of(System.getProperty("user.home")));
  }

  /**
   * Settings from variables.
   *
   * @param home folder that {@code ~} stands for
   * @throws ConfigException if the endpoint is no address or the token's file cannot be read
   */
  static HubSettings of(Map<String, String> environment, Path home) {
    Variables variables = new Variables(environment, home);
    Path cacheHome = variables.path("XDG_CACHE_HOME").orElse(home.resolve(".cache"));
    Path hfHome = variables.path("HF_HOME").orElse(cacheHome.resolve("huggingface"));
    Path cache =
        variables
            .path("HF_HUB_CACHE")
            .or(() -> variables.path("HUGGINGFACE_HUB_CACHE"))
            .orElse(hfHome.resolve("hub"));
    Optional<String> offline =
        variables.text("HF_HUB_OFFLINE").or(() -> variables.text("TRANSFORMERS_OFFLINE"));
    return new HubSettings(
        endpoint(variables.text(ENDPOINT).orElse(PUBLIC_HUB)),
        token(variables, hfHome),
        cache.toAbsolutePath().normalize(),
        offline.filter(HubSettings::isTrue).isPresent(),
        !variables.isTrue("HF_HUB_DISABLE_SYMLINKS"));
  }

  private static URI endpoint(String text) {
    try {
      URI uri = new URI(text.strip().replaceFirst("/+$", ""));
      boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      boolean plain = uri.getRawQuery() == null && uri.getRawFragment() == null;
      if (http && plain && uri.getHost() != null) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // Refused below.
    }
    throw new ConfigException(
        ENDPOINT + " '" + text + "' is no address of a hub, expected for example " + PUBLIC_HUB);
  }

  private static Optional<String> token(Variables variables, Path hfHome) {
    if (variables.isTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
      return Optional.empty();
    }
    Optional<String> token =
        variables.text("HF_TOKEN").or(() -> variables.text("HUGGING_FACE_HUB_TOKEN"));
    Path file = variables.path("HF_TOKEN_PATH").orElse(hfHome.resolve("token"));
    String source = token.isPresent() ? "HF_TOKEN" : file.toString();
    return token.or(() -> content(file)).map(text -> checked(text, source));
  }

  private static Optional<String> content(Path file) {
    try {
      return Optional.of(Files.readString(file).strip()).filter(text -> !text.isEmpty());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new ConfigException(
          file + ": the token of the hub cannot be read (" + e + "); remove it or set HF_TOKEN");
    }
  }

  /** The token itself is a secret, and stands in no message. */
  private static String checked(String token, String source) {
    if (token.chars().allMatch(c -> c > ' ' && c < 127)) {
      return token;
    }
    throw new ConfigException(
        source + " holds no token: it has a space, a line break or a letter outside ASCII in it");
  }

  private static boolean isTrue(String value) {
    return TRUE.contains(value.toUpperCase(Locale.ROOT));
  }

  /** Whether an address is the hub's own: same scheme, host and port. */
  boolean isHub(URI uri) {
    return endpoint.getScheme().equalsIgnoreCase(uri.getScheme())
        && endpoint.getHost().equalsIgnoreCase(uri.getHost())
        && port(endpoint) == port(uri);
  }

  private static int port(URI uri) {
    if (uri.getPort() >= 0) {
      return uri.getPort();
    }
    return "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
  }

  /** Without the token. */
  @Override
  public String toString() {
    return "HubSettings[endpoint=%s, token=%s, cache=%s, offline=%s]"
        .formatted(endpoint, token.isPresent() ? "set" : "none", cache, offline);
  }

  /** Variables; an empty one counts as absent. */
  private record Variables(Map<String, String> values, Path home) {
    Optional<String> text(String name) {
      return Optional.ofNullable(values.get(name)).map(String::strip).filter(v -> !v.isEmpty());
    }

    boolean isTrue(String name) {
      return text(name).filter(HubSettings::isTrue).isPresent();
    }

    /** A path, in which {@code ~} and variables are replaced as Python's os.path does. */
    Optional<Path> path(String name) {
      return text(name).map(text -> path(name, text));
    }

    private Path path(String name, String text) {
      String expanded = text.replaceFirst("^~(?=/|\\\\|$)", Matcher.quoteReplacement("" + home));
      UnaryOperator<String> value = key -> values.getOrDefault(key, "$" + key);
      expanded =
          VARIABLE
              .matcher(expanded)
              .replaceAll(
                  found ->
                      Matcher.quoteReplacement(
                          value.apply(found.group(2) == null ? found.group(1) : found.group(2))));
      try {
        return Path.of(expanded);
      } catch (InvalidPathException e) {
        throw new ConfigException(name + " '" + text + "' is no path: " + e.getReason());
      }
    }
  }
}
