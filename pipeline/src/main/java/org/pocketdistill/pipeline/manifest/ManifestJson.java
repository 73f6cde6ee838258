package org.pocketdistill.pipeline.manifest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.safetensors.StrictJson;

/** The text of {@code manifest.json}, and what is read of one of unknown origin. */
final class ManifestJson {
  private static final int SCHEMA_VERSION = 1;
  private static final String CREATOR = "pocketdistill";
  private static final long MAX_BYTES = 8_000_000;
  private static final Pattern MD5 = Pattern.compile("[0-9a-f]{32}");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  /** Parts that are names, so that no path leads out of the package. */
  private static final Pattern PATH =
      Pattern.compile(
          "(?!\\.{1,2}(/|$))[^/\\\\:\\p{Cntrl}]+(/(?!\\.{1,2}(/|$))[^/\\\\:\\p{Cntrl}]+)*");

  private static final JsonMapper MAPPER = new JsonMapper();

  private final Path file;

  private ManifestJson(Path file) {
    this.file = file;
  }

  static String write(Map<String, String> provenance, PackageManifest manifest) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("schema_version", SCHEMA_VERSION).put("creator", CREATOR);
    ObjectNode origin = root.putObject("provenance");
    provenance.forEach(origin::put);
    root.put("bytes", manifest.bytes()).put("sha256", manifest.sha256());
    ArrayNode files = root.putArray("files");
    for (PackageFile entry : manifest.files()) {
      files
          .addObject()
          .put("path", entry.path())
          .put("bytes", entry.bytes())
          .put("md5", entry.md5())
          .put("sha256", entry.sha256());
    }
    DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter);
    try {
      return MAPPER.writer(printer).writeValueAsString(root) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("writing a manifest", e);
    }
  }

  /** Empty if the file is another program's. */
  static Optional<PackageManifest> read(Path file) throws IOException {
    ObjectNode root = StrictJson.readObject(file, MAX_BYTES);
    return root.path("creator").asText().equals(CREATOR)
        ? Optional.of(new ManifestJson(file).parse(root))
        : Optional.empty();
  }

  private PackageManifest parse(ObjectNode root) {
    JsonNode version = root.path("schema_version");
    if (version.asInt() != SCHEMA_VERSION) {
      throw wrong("schema_version", version, "1; a newer PocketDistill may read it");
    }
    Map<String, String> provenance = new TreeMap<>();
    root.path("provenance")
        .properties()
        .forEach(entry -> provenance.put(entry.getKey(), entry.getValue().asText()));
    if (!root.path("files").isArray() || root.path("files").isEmpty()) {
      throw wrong("files", root.path("files"), "a list of files");
    }
    List<PackageFile> files = new ArrayList<>();
    Set<String> paths = new HashSet<>();
    for (JsonNode entry : root.path("files")) {
      files.add(parseFile(entry));
      if (!paths.add(files.get(files.size() - 1).path())) {
        throw wrong("files", entry.path("path"), "each path once");
      }
    }
    PackageManifest manifest = new PackageManifest(provenance, files);
    requireEqual("bytes", root, Long.toString(manifest.bytes()));
    requireEqual("sha256", root, manifest.sha256());
    return manifest;
  }

  private PackageFile parseFile(JsonNode entry) {
    String path = text(entry, "path", PATH, "a path inside the package");
    if (path.equals(PackageManifest.FILE_NAME)) {
      throw wrong("path", entry.path("path"), "another file than the manifest itself");
    }
    JsonNode bytes = entry.path("bytes");
    if (!bytes.isIntegralNumber() || !bytes.canConvertToLong() || bytes.longValue() < 0) {
      throw wrong("bytes", bytes, "a size for " + path);
    }
    return new PackageFile(
        path,
        bytes.longValue(),
        text(entry, "md5", MD5, "32 hexadecimal digits for " + path),
        text(entry, "sha256", SHA256, "64 hexadecimal digits for " + path));
  }

  private String text(JsonNode entry, String key, Pattern pattern, String expected) {
    JsonNode value = entry.path(key);
    if (!value.isTextual() || !pattern.matcher(value.textValue()).matches()) {
      throw wrong(key, value, expected);
    }
    return value.textValue();
  }

  /** What sums up the files must fit them: else a line of the manifest itself was changed. */
  private void requireEqual(String key, ObjectNode root, String expected) {
    if (!root.path(key).asText().equals(expected)) {
      throw wrong(key, root.path(key), expected + ", computed from its files: it was changed");
    }
  }

  private DataException wrong(String key, JsonNode value, String expected) {
    return new DataException(
        "%s: %s: %s, expected %s"
            .formatted(file, key, value.isMissingNode() ? "missing" : value, expected));
  }
}
