package org.pocketdistill.pipeline.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.pipeline.config.RuntimeConfig.BatchConfig;
import org.pocketdistill.pipeline.config.RuntimeConfig.SessionConfig;
import org.pocketdistill.pipeline.config.ThermalConfig.BackoffConfig;
import org.pocketdistill.pipeline.config.ThermalConfig.ThermalBand;

class RuntimeFileTest {
  private static final Path RESOURCES = Path.of("src", "test", "resources", "runtime");
  static final Path DEFAULTS = RESOURCES.resolve("defaults.json");
  static final Path FULL = RESOURCES.resolve("full.json");

  @TempDir private Path folder;

  @Test
  void writesTheDefaultsOut() throws IOException {
    RuntimeFile.write(folder, RuntimeConfig.DEFAULT);

    assertThat(folder.resolve("runtime.json")).hasSameTextualContentAs(DEFAULTS);
    assertThat(RuntimeFile.of(folder)).isEqualTo(RuntimeConfig.DEFAULT);
  }

  @Test
  void isReadAsItWasWritten() throws IOException {
    RuntimeConfig full = RuntimeFile.read(FULL);
    RuntimeFile.write(folder, full);

    assertThat(RuntimeFile.of(folder)).isEqualTo(full);
    assertThat(full.session()).isEqualTo(new SessionConfig(Optional.of(3), 2, false, false, false));
    assertThat(full.kvCacheLength()).contains(48);
    assertThat(full.sequenceLength(512)).isEqualTo(48);
    assertThat(full.executionProviders())
        .contains(
            new ExecutionProviderConfig(
                ExecutionProviderConfig.Provider.NNAPI,
                Map.of("use_fp16", "1", "cpu_disabled", "0")));
    assertThat(full.thermal())
        .isEqualTo(
            new ThermalConfig(
                "skin-therm",
                List.of(new ThermalBand(41.5, 12)),
                50,
                2,
                0.5,
                new BackoffConfig(2, 3, 20, 60)));
    assertThat(full.batch()).isEqualTo(new BatchConfig(Optional.of(2), Optional.of(16)));
  }

  @Test
  void aPackageWithoutTheFileHasTheDefaults() {
    assertThat(RuntimeFile.of(folder)).isEqualTo(RuntimeConfig.DEFAULT);
    assertThat(RuntimeConfig.DEFAULT.sequenceLength(512)).isEqualTo(512);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"schema_version\": 1 | \"schema_version\": 2 | :2: schema_version: expected a whole number from 1 to 1, got",
        "\"intra_op_num_threads\": 3 | \"intra_op_num_threads\": 0 | session.intra_op_num_threads: expected a whole number from 1 to 1024",
        "\"allow_spinning\": false | \"allow_spining\": false | session.allow_spining: unknown key, did you mean 'allow_spinning'?",
        "\"kv_cache_length\": 48 | \"kv_cache_length\": \"long\" | kv_cache_length: expected a whole number of at least 16",
        "\"name\": \"qnn\" | \"name\": \"cuda\" | execution_providers.0.name: expected one of xnnpack, nnapi, qnn, coreml",
        "\"xnnpack\", \"options\": {\"intra_op_num_threads\": \"3\"} | \"qnn\", \"options\": {} | qnn is listed twice; keep one",
        "use_fp16 | use_fp32 | execution_providers.1.options.use_fp32: no option of nnapi, did you mean 'use_fp16'?",
        "\"MLProgram\" | \"Program\" | options.ModelFormat: 'Program', expected one of MLProgram, NeuralNetwork",
        "\"use_fp16\": \"1\" | \"use_fp16\": 1 | options.use_fp16: expected text, got the number 1; put it in quotes",
        "\"skin-therm\" | \"(skin\" | thermal.sensors: '(skin' is not a regular expression",
        "\"max_tokens_per_second\": 12} | \"max_tokens_per_second\": 12}, {\"from_celsius\": 40, \"max_tokens_per_second\": 5} | thermal.bands.1.from_celsius: bands go from cool to warm",
        "\"max_tokens_per_second\": 12} | \"max_tokens_per_second\": 12}, {\"from_celsius\": 50, \"max_tokens_per_second\": 20} | thermal.bands.1.max_tokens_per_second: a warmer band is not faster",
        "\"batch\": | \"batches\": | batches: unknown key, did you mean 'batch'?",
        "{ | [ | not valid YAML",
      })
  void namesTheKeyThatIsWrong(String sound, String broken, String message) throws IOException {
    String text = Files.readString(FULL);
    assertThat(text).contains(sound);
    Files.writeString(
        folder.resolve("runtime.json"),
        text.substring(0, text.indexOf(sound))
            + broken
            + text.substring(text.indexOf(sound) + sound.length()));

    assertThatThrownBy(() -> RuntimeFile.of(folder))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(folder.resolve("runtime.json").toString())
        .hasMessageContaining(message);
  }

  @Test
  void aJobKeepsNoMoreTokensThanItsPackageTakes() {
    assertThat(export("{context_length: 64, runtime: {kv_cache_length: 64}}").sequenceLength())
        .isEqualTo(64);
    assertThatThrownBy(() -> export("{context_length: 64, runtime: {kv_cache_length: 65}}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("runtime.kv_cache_length: more tokens than context_length");
  }

  private static ExportConfig export(String yaml) {
    return ConfigReader.parse(yaml, Path.of("x.yaml"), ExportConfig.class, List.of());
  }
}
