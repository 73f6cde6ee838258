package org.pocketdistill.pipeline.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What the processors have taken, from Linux' power capping interface: {@code energy_uj} of each
 * package counts microjoules up to {@code max_energy_range_uj} and begins anew. Subzones (cores,
 * memory) lie within a package and are left out, {@code psys} too, which is the whole machine.
 *
 * <p>Must be read more often than the counters begin anew, which takes them minutes.
 */
public final class EnergyCounter {
  private static final Path SYSTEM = Path.of("/sys/class/powercap");
  private static final double JOULE = 1e6;

  private final List<Zone> zones = new ArrayList<>();
  private boolean isLost;

  /** A package's counter and what it has counted since the last start. */
  private static final class Zone {
    private final Path file;
    private final long range;
    private long last;
    private long counted;

    Zone(Path file, long range, long last) {
      this.file = file;
      this.range = range;
      this.last = last;
    }
  }

  /** The counters of a folder like {@code /sys/class/powercap}. */
  EnergyCounter(Path root) {
    try (DirectoryStream<Path> found = Files.newDirectoryStream(root, "*:[0-9]*")) {
      for (Path zone : found) {
        add(zone);
      }
    } catch (IOException e) {
      zones.clear();
    }
  }

  /** The counters of this machine. */
  public static EnergyCounter ofSystem() {
    return new EnergyCounter(SYSTEM);
  }

  private void add(Path zone) {
    boolean isPackage =
        zone.getFileName().toString().matches("[a-z-]+:[0-9]+")
            && text(zone.resolve("name")).startsWith("package");
    OptionalLong now = number(zone.resolve("energy_uj"));
    OptionalLong range = number(zone.resolve("max_energy_range_uj"));
    if (isPackage && now.isPresent() && range.isPresent()) {
      zones.add(new Zone(zone.resolve("energy_uj"), range.getAsLong(), now.getAsLong()));
    }
  }

  /** Counts from here. */
  void start() {
    sample();
    zones.forEach(zone -> zone.counted = 0);
  }

  /** Reads the counters. */
  void sample() {
    for (Zone zone : zones) {
      OptionalLong now = number(zone.file);
      if (now.isEmpty()) {
        isLost = true;
        return;
      }
      long more = now.getAsLong() - zone.last;
      zone.counted += more < 0 ? more + zone.range : more;
      zone.last = now.getAsLong();
    }
  }

  /** Joules up to the last sample; empty where the system does not tell. */
  OptionalDouble joules() {
    return zones.isEmpty() || isLost
        ? OptionalDouble.empty()
        : OptionalDouble.of(zones.stream().mapToLong(zone -> zone.counted).sum() / JOULE);
  }

  private static OptionalLong number(Path file) {
    String text = text(file);
    return text.matches("[0-9]{1,18}")
        ? OptionalLong.of(Long.parseLong(text))
        : OptionalLong.empty();
  }

  /** Empty where the file cannot be read: most systems let only their administrator. */
  private static String text(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      return "";
    }
  }
}
