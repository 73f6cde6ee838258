package org.pocketdistill.pipeline.manifest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Something in a package that is not as its manifest says. */
public sealed interface Finding {
  /** Path of the file inside the package. */
  String path();

  /** What is wrong with the file, after its name. */
  String problem();

  /** The whole sentence, for a package in a folder. */
  default String in(Path folder) {
    return folder.resolve(path()) + ": " + problem();
  }

  /** All that was found in a package, a line each. */
  static String report(Path folder, List<Finding> findings) {
    List<String> lines = new ArrayList<>();
    lines.add("%s: not as its %s says:".formatted(folder, PackageManifest.FILE_NAME));
    findings.forEach(finding -> lines.add("  " + finding.path() + ": " + finding.problem()));
    return String.join("\n", lines);
  }

  /** A file is not there. */
  record Missing(String path, long bytes) implements Finding {
    @Override
    public String problem() {
      return "is missing, expected a file of " + number(bytes) + " bytes";
    }
  }

  /** A file that the manifest does not know. */
  record Unknown(String path) implements Finding {
    @Override
    public String problem() {
      return "is not in " + PackageManifest.FILE_NAME;
    }
  }

  /** A file is cut short or has something appended. */
  record WrongSize(String path, long found, long expected) implements Finding {
    @Override
    public String problem() {
      String kind = found < expected ? "cut short by " : "too long by ";
      return "%s bytes, expected %s: %s%s"
          .formatted(number(found), number(expected), kind, number(Math.abs(found - expected)));
    }
  }

  /** A file has its size and another content. */
  record WrongContent(String path, String hash, String found, String expected) implements Finding {
    @Override
    public String problem() {
      return "%s %s, expected %s: its content was changed".formatted(hash, found, expected);
    }
  }

  /** A file has the content of another file of the package. */
  record Swapped(String path, String contentOf, String found) implements Finding {
    @Override
    public String problem() {
      return "is the content of %s (SHA-256 %s)".formatted(contentOf, found);
    }
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }
}
