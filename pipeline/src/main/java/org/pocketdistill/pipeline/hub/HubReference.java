package org.pocketdistill.pipeline.hub;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pocketdistill.config.ConfigException;

/**
 * A model on the hub: {@code hf://owner/name[@revision][/file.gguf]}.
 *
 * @param owner user or organisation
 * @param name of the repository
 * @param revision branch, tag or commit; a branch's {@code /} is written {@code %2F}
 * @param file the one file that is meant, {@code /} between its folders; empty for a model folder
 */
public record HubReference(String owner, String name, String revision, Optional<String> file) {
  static final String SCHEME = "hf://";
  private static final String MAIN = "main";
  private static final String GGUF = ".gguf";
  private static final String EXPECTED =
      ", expected hf://owner/name, hf://owner/name@revision or hf://owner/name/file.gguf";
  private static final int LONGEST_ID = 96;
  private static final Pattern ID_PART = Pattern.compile("\\w([\\w.-]*\\w)?");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

  /** Revisions of the hub itself that hold a slash. */
  private static final Pattern SPECIAL = Pattern.compile("^refs/(convert/[\\w.-]+|pr/\\d+)");

  private static final List<String> OTHER_TYPES =
      List.of("datasets", "spaces", "kernels", "buckets");

  /**
   * Reads a reference, without looking whether there is such a model.
   *
   * @throws ConfigException if it is no reference to a model
   */
  public static HubReference parse(String text) {
    if (!text.startsWith(SCHEME)) {
      throw refused(text, EXPECTED);
    }
    String body = text.substring(SCHEME.length()).replaceAll("^/+|/+$", "");
    String type = body.replaceFirst("/.*", "");
    if (OTHER_TYPES.contains(type)) {
      throw refused(text, ": '" + type + "' are no models" + EXPECTED);
    }
    return parts(text, body.replaceFirst("^models/", ""));
  }

  private static HubReference parts(String text, String body) {
    String[] parts = body.split("/", 3);
    if (parts.length < 2) {
      throw refused(text, EXPECTED);
    }
    // An @ further on is part of a file's name.
    int at = parts[0].contains("@") ? -1 : parts[1].indexOf('@');
    if (at < 0) {
      return checked(text, parts[0], parts[1], MAIN, parts.length > 2 ? parts[2] : "");
    }
    String after = body.substring(parts[0].length() + 1 + at + 1);
    Matcher special = SPECIAL.matcher(after);
    int end = special.find() ? special.end() : (after + "/").indexOf('/');
    String revision = decoded(text, after.substring(0, end));
    String file = after.substring(end).replaceFirst("^/", "");
    return checked(text, parts[0], parts[1].substring(0, at), revision, file);
  }

  private static HubReference checked(
      String text, String owner, String name, String revision, String file) {
    requireId(text, owner);
    requireId(text, name);
    if (name.endsWith(".git")) {
      throw refused(text, ": a name does not end in .git" + EXPECTED);
    }
    if (!SafePath.isSafe(revision)) {
      throw refused(text, ": revision '" + revision + "'" + EXPECTED);
    }
    if (!file.isEmpty() && (!SafePath.isSafe(file) || !isGguf(file))) {
      throw refused(text, ": '" + file + "' is no path of a GGUF file" + EXPECTED);
    }
    Optional<String> one = file.isEmpty() ? Optional.empty() : Optional.of(file);
    return new HubReference(owner, name, revision, one);
  }

  /** The hub's rules for names. */
  private static void requireId(String text, String part) {
    boolean valid =
        part.length() <= LONGEST_ID
            && ID_PART.matcher(part).matches()
            && !part.contains("--")
            && !part.contains("..");
    if (!valid) {
      throw refused(
          text,
          ": '" + part + "' is no name of the hub (letters, digits, '-', '_', '.')" + EXPECTED);
    }
  }

  private static String decoded(String text, String revision) {
    try {
      return URLDecoder.decode(revision.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw refused(text, ": revision '" + revision + "'" + EXPECTED);
    }
  }

  private static ConfigException refused(String text, String reason) {
    return new ConfigException("'" + text + "' names no model on the hub" + reason);
  }

  static boolean isGguf(String file) {
    return file.toLowerCase(Locale.ROOT).endsWith(GGUF);
  }

  static boolean isCommit(String revision) {
    return COMMIT.matcher(revision).matches();
  }

  /** {@code owner/name}. */
  public String repository() {
    return owner + "/" + name;
  }

  /** The same repository and revision, and this file of it. */
  HubReference withFile(String path) {
    return new HubReference(owner, name, revision, Optional.of(path));
  }

  /** The text that {@link #parse} reads. */
  @Override
  public String toString() {
    boolean special = SPECIAL.matcher(revision).matches();
    String at = revision.equals(MAIN) ? "" : "@" + (special ? revision : escaped(revision));
    return SCHEME + repository() + at + file.map(path -> "/" + path).orElse("");
  }

  private static String escaped(String revision) {
    return revision.replace("%", "%25").replace("/", "%2F");
  }
}
