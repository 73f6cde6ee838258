package org.pocketdistill.pipeline.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.config.ConfigReader;

class PhonesConfigTest {
  private static final Path FILE = ConfigFilesTest.CONFIGS.resolve("phones.yaml");
  private static final String PHONE =
      "{name: a, ram_mb: 2000, storage_mb: 900, bandwidth_gb_s: 17, int8_gops: 50, fp32_gflops: 9}";

  private static PhonesConfig parse(String yaml) {
    return ConfigReader.parse(yaml, Path.of("phones.yaml"), PhonesConfig.class, List.of());
  }

  @Test
  void theCommittedFileNamesFourPhones() {
    PhonesConfig phones = PhonesConfig.read(FILE);

    assertThat(phones.phones())
        .extracting(PhoneConfig::name)
        .containsExactly("iPhone 15 Pro", "Xiaomi 14", "Galaxy S23 Ultra", "entry phone, 4 GB");
    // 6,400 million transfers a second of 8 bytes
    assertThat(phones.phone("iphone 15 pro").bandwidthGbS()).isEqualTo(6.4 * 8);
    assertThat(phones.phone("Xiaomi 14").bandwidthGbS()).isEqualTo(9.6 * 8);
    assertThat(phones.phones()).allSatisfy(phone -> assertThat(phone.ramMb()).isLessThan(8000));
  }

  @Test
  void isFoundBesideTheJob() {
    assertThat(PhonesConfig.find(ConfigFilesTest.CONFIGS.resolve("quickstart.yaml")))
        .contains(FILE);
    assertThat(PhonesConfig.find(Path.of("no", "such", "job.yaml"))).isEmpty();
  }

  @Test
  void refusesWhatIsWrong() {
    assertThat(parse("phones: [" + PHONE + "]").phones().get(0).npu()).isEmpty();
    assertThatThrownBy(() -> parse("phones: []"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("no phone is named");
    assertThatThrownBy(() -> parse("phones: [" + PHONE + ", " + PHONE + "]"))
        .hasMessageContaining("a is listed twice");
    assertThatThrownBy(() -> parse("phones: [" + PHONE.replace("17", "-1") + "]"))
        .hasMessageContaining("phones.0.bandwidth_gb_s: expected a number of at least 0.1");
    assertThatThrownBy(() -> parse("phones: [" + PHONE.replace("ram_mb", "ram") + "]"))
        .hasMessageContaining("ram: unknown key, did you mean 'ram_mb'?");
    assertThatThrownBy(() -> PhonesConfig.read(FILE).phone("iPhone 15"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("phone 'iPhone 15', did you mean 'iPhone 15 Pro'?");
  }
}
