package org.pocketdistill.pipeline.thermal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ThermalZonesTest {
  private static final Pattern SKIN = Pattern.compile("(?i).*(skin|battery).*");

  @TempDir private Path root;

  private void zone(int number, String type, String temp) throws IOException {
    Path zone = Files.createDirectory(root.resolve("thermal_zone" + number));
    Files.writeString(zone.resolve("type"), type + "\n");
    Files.writeString(zone.resolve("temp"), temp + "\n");
  }

  @Test
  void tellsTheWarmestOfTheZonesThatCount() throws IOException {
    zone(0, "cpu-0-0", "91000");
    zone(1, "VIRTUAL-SKIN", "38250");
    zone(2, "battery", "33100");
    ThermalZones zones = new ThermalZones(root, SKIN);

    assertThat(zones.celsius()).hasValue(38.25);

    Files.writeString(root.resolve("thermal_zone2/temp"), "40000\n");
    assertThat(zones.celsius()).hasValue(40);
  }

  @Test
  void leavesOutWhatCannotBeRead() throws IOException {
    zone(0, "skin", "not a number");
    zone(1, "battery", "-5500");
    Files.createDirectory(root.resolve("thermal_zone2"));
    ThermalZones zones = new ThermalZones(root, SKIN);

    assertThat(zones.celsius()).hasValue(-5.5);

    Files.delete(root.resolve("thermal_zone1/temp"));
    assertThat(zones.celsius()).isEmpty();
  }

  @Test
  void tellsNothingWhereThereIsNoZone() throws IOException {
    zone(0, "x86_pkg_temp", "60000");

    assertThat(new ThermalZones(root, SKIN).celsius()).isEmpty();
    assertThat(new ThermalZones(root.resolve("none"), SKIN).celsius()).isEmpty();
    assertThat(ThermalZones.ofSystem("no such sensor").celsius()).isEmpty();
  }
}
