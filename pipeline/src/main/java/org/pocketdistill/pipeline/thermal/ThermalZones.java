package org.pocketdistill.pipeline.thermal;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.regex.Pattern;

/**
 * The thermal zones of Linux and Android, {@code /sys/class/thermal/thermal_zone*}: {@code type}
 * names what is measured, {@code temp} has thousandths of a degree Celsius.
 */
public final class ThermalZones implements TemperatureSource {
  private static final Path SYSTEM = Path.of("/sys/class/thermal");
  private static final double SCALE = 1e-3;

  private final List<Path> files;

  /**
   * The zones of a folder like {@code /sys/class/thermal}.
   *
   * @param types what a zone's type must match as a whole
   */
  ThermalZones(Path root, Pattern types) {
    this.files = find(root, types);
  }

  /** The zones of this machine whose type matches. */
  public static ThermalZones ofSystem(String types) {
    return new ThermalZones(SYSTEM, Pattern.compile(types));
  }

  private static List<Path> find(Path root, Pattern types) {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> zones = Files.newDirectoryStream(root, "thermal_zone*")) {
      for (Path zone : zones) {
        if (types.matcher(text(zone.resolve("type"))).matches()) {
          found.add(zone.resolve("temp"));
        }
      }
    } catch (IOException e) {
      // No such folder, or one that this process may not read: then nothing tells.
      return List.of();
    }
    return found;
  }

  /** Empty if the file cannot be read, as those of a sensor that is switched off. */
  private static String text(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      return "";
    }
  }

  /** The warmest zone that can be read. */
  @Override
  public OptionalDouble celsius() {
    return files.stream()
        .map(ThermalZones::text)
        .filter(text -> text.matches("-?[0-9]{1,9}"))
        .mapToDouble(text -> SCALE * Integer.parseInt(text))
        .max();
  }
}
