package org.pocketdistill.pipeline.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnergyCounterTest {
  @TempDir private Path root;

  private void zone(String folder, String name, long microjoules, long range) throws IOException {
    Path zone = Files.createDirectory(root.resolve(folder));
    Files.writeString(zone.resolve("name"), name + "\n");
    Files.writeString(zone.resolve("max_energy_range_uj"), range + "\n");
    count(folder, microjoules);
  }

  private void count(String folder, long microjoules) throws IOException {
    Files.writeString(root.resolve(folder).resolve("energy_uj"), microjoules + "\n");
  }

  @Test
  void addsUpThePackagesAndNothingInThem() throws IOException {
    zone("intel-rapl:0", "package-0", 1_000_000, 9_000_000);
    zone("intel-rapl:1", "package-1", 5_000_000, 9_000_000);
    zone("intel-rapl:0:0", "core", 0, 9_000_000);
    zone("intel-rapl:2", "psys", 0, 9_000_000);
    EnergyCounter counter = new EnergyCounter(root);
    count("intel-rapl:0", 2_000_000);
    counter.start();

    count("intel-rapl:0", 2_500_000);
    count("intel-rapl:1", 5_250_000);
    count("intel-rapl:0:0", 8_000_000);
    count("intel-rapl:2", 8_000_000);
    counter.sample();

    assertThat(counter.joules()).hasValue(0.75);
  }

  @Test
  void goesOnWhereACounterBeginsAnew() throws IOException {
    zone("intel-rapl:0", "package-0", 8_000_000, 9_000_000);
    EnergyCounter counter = new EnergyCounter(root);
    counter.start();
    for (long reading : new long[] {500_000, 6_000_000, 1_000_000}) {
      count("intel-rapl:0", reading);
      counter.sample();
    }

    // 1.5 up to and beyond the end, 5.5, 4
    assertThat(counter.joules()).hasValue(11);
  }

  @Test
  void tellsNothingWhereTheSystemDoesNot() throws IOException {
    assertThat(new EnergyCounter(root).joules()).isEmpty();
    assertThat(new EnergyCounter(root.resolve("none")).joules()).isEmpty();

    zone("intel-rapl:0", "package-0", 8, 9);
    EnergyCounter counter = new EnergyCounter(root);
    counter.start();
    Files.delete(root.resolve("intel-rapl:0/energy_uj"));
    counter.sample();
    assertThat(counter.joules()).as("a counter that is gone").isEmpty();
  }
}
