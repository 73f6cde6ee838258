package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.manifest.Finding;
import org.pocketdistill.pipeline.manifest.PackageManifest;
import org.pocketdistill.pipeline.manifest.PackageVerifier;
import org.pocketdistill.pipeline.manifest.VerifiedCopy;

/** {@code distill verify}: whether a package is what was exported, byte by byte. */
final class VerifyCommand implements Command {
  private static final String TO = "to";

  private final PrintStream out;

  VerifyCommand(PrintStream out) {
    this.out = out;
  }

  @Override
  public String name() {
    return "verify";
  }

  @Override
  public String arguments() {
    return "DIR";
  }

  @Override
  public String summary() {
    return "verifies an exported package against its manifest, or copies it so";
  }

  @Override
  public List<String> description() {
    return List.of(
        "Reads every file of an exported package and compares it with manifest.json. Names each file"
            + " that is missing, cut short, changed (with both hashes), the content of another one,"
            + " or not known; the exit code is 2 then.",
        "--to copies the package and verifies what was written. The copy is called NAME.part until"
            + " it is whole; run the same command again after it was broken off, and it goes on"
            + " where it stopped. A copy that is already there is verified only.");
  }

  @Override
  public List<String> examples() {
    return List.of(
        "distill verify runs/quickstart/07-export/int8",
        "distill verify runs/quickstart/07-export/int8 --to /media/card/int8");
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(Arguments.value(TO, "DIR2", "folder of the copy, which does not exist yet"));
  }

  @Override
  public boolean computes() {
    return false;
  }

  @Override
  public int run(CommandLine line) throws IOException {
    OptionValues options = new OptionValues(this, line);
    Path source = Arguments.onlyPath(this, line);
    Optional<Path> target = options.findPath(TO).map(path -> path.toAbsolutePath().normalize());
    PackageManifest manifest = PackageManifest.read(source);
    if (target.isEmpty()) {
      verify(source, manifest);
    } else if (isCopy(target.get(), source)) {
      verify(target.get(), manifest);
    } else {
      requireFree(options, source, target.get());
      copy(source, target.get(), manifest);
    }
    out.println("SHA-256 of the package: " + manifest.sha256());
    return Main.DONE;
  }

  private void verify(Path folder, PackageManifest manifest) throws IOException {
    List<Finding> findings =
        PackageVerifier.verify(folder, manifest, new LoggedProgress("verified", manifest.bytes()));
    if (!findings.isEmpty()) {
      throw new DataException(Finding.report(folder, findings));
    }
    out.printf(
        Locale.ROOT,
        "%s: %d files, %,d bytes, as its %s says%n",
        folder,
        manifest.files().size(),
        manifest.bytes(),
        PackageManifest.FILE_NAME);
  }

  private void copy(Path source, Path target, PackageManifest manifest) throws IOException {
    if (target.getParent() != null) {
      OutputFile.makeFolder(target.getParent());
    }
    VerifiedCopy.Result result =
        VerifiedCopy.copy(source, target, manifest, new LoggedProgress("copied", manifest.bytes()));
    out.printf(
        Locale.ROOT,
        "%s: %d files copied, %d continued, %d were there; verified%n",
        target,
        result.copied(),
        result.continued(),
        result.kept());
  }

  private static boolean isCopy(Path target, Path source) throws IOException {
    Path there = target.resolve(PackageManifest.FILE_NAME);
    return Files.isRegularFile(there)
        && Files.mismatch(there, source.resolve(PackageManifest.FILE_NAME)) < 0;
  }

  private static void requireFree(OptionValues options, Path source, Path target)
      throws IOException {
    if (target.startsWith(source.toAbsolutePath().normalize())) {
      throw options.refused("--to " + target + " lies in the package that is copied");
    }
    if (Files.exists(target) && !isEmptyFolder(target)) {
      throw options.refused(
          "--to " + target + " exists and is no copy of this package; name a folder that does not");
    }
  }

  private static boolean isEmptyFolder(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return false;
    }
    try (Stream<Path> files = Files.list(path)) {
      return files.findAny().isEmpty();
    }
  }
}
