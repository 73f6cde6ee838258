package org.pocketdistill.pipeline.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.config.JsonSchemaWriter;
import org.pocketdistill.eval.TaskConfig;
import org.pocketdistill.pipeline.bench.BenchConfig;
import org.pocketdistill.pipeline.bench.BenchResult;

/**
 * The committed schemas are those of the records, and say the same as {@link ConfigReader}.
 *
 * <p>After a change of a record: {@code mvn -pl pipeline -am test -Dtest=SchemaTest
 * -Dsurefire.failIfNoSpecifiedTests=false -Dschemas.update=true}
 */
class SchemaTest {
  private static final String UPDATE =
      "mvn -pl pipeline -am test -Dtest=SchemaTest -Dsurefire.failIfNoSpecifiedTests=false"
          + " -Dschemas.update=true";

  /** A record, the file of its schema, and the files that follow it. */
  record SchemaFile(Class<? extends Record> type, String title, String file, List<Path> followers) {
    Path path() {
      return ConfigFilesTest.CONFIGS.resolve("schema").resolve(file);
    }

    String generated() {
      return JsonSchemaWriter.toJson(type, title);
    }

    Schema schema() {
      return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
          .getSchema(generated());
    }
  }

  private static final SchemaFile JOB =
      new SchemaFile(JobConfig.class, "PocketDistill job", "job.schema.json", jobs());

  static List<SchemaFile> schemas() {
    Path phones = ConfigFilesTest.CONFIGS.resolve("phones.yaml");
    return List.of(
        JOB,
        new SchemaFile(TaskConfig.class, "PocketDistill task", "task.schema.json", files("tasks")),
        new SchemaFile(
            PhonesConfig.class, "PocketDistill phones", "phones.schema.json", List.of(phones)),
        new SchemaFile(
            RuntimeFile.class,
            "PocketDistill runtime settings of a package",
            "runtime.schema.json",
            List.of(RuntimeFileTest.DEFAULTS, RuntimeFileTest.FULL)),
        new SchemaFile(
            BenchConfig.class,
            "PocketDistill bench settings",
            "bench.schema.json",
            List.of(ConfigFilesTest.CONFIGS.resolve("bench.json"))),
        new SchemaFile(
            BenchResult.class,
            "PocketDistill bench result",
            "bench-result.schema.json",
            List.of(Path.of("src", "test", "resources", "bench", "result.json"))));
  }

  private static List<Path> files(String folder) {
    try (Stream<Path> files = Files.list(ConfigFilesTest.CONFIGS.resolve(folder))) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    } catch (IOException e) {
      throw new AssertionError(folder, e);
    }
  }

  private static List<Path> jobs() {
    try {
      return ConfigFilesTest.jobs();
    } catch (IOException e) {
      throw new AssertionError("jobs", e);
    }
  }

  @ParameterizedTest
  @MethodSource("schemas")
  void theCommittedFileIsUpToDate(SchemaFile schema) throws IOException {
    if (Boolean.getBoolean("schemas.update")) {
      Files.writeString(schema.path(), schema.generated());
    }

    assertThat(schema.path())
        .as("to update it: %s", UPDATE)
        .exists()
        .hasContent(schema.generated());
  }

  @ParameterizedTest
  @MethodSource("schemas")
  void acceptsEveryFileOfTheRepository(SchemaFile schema) throws IOException {
    assertThat(schema.followers()).isNotEmpty();
    for (Path file : schema.followers()) {
      assertThat(errors(schema, Files.readString(file))).as("%s", file).isEmpty();
    }
  }

  private static List<Error> errors(SchemaFile schema, String yaml) {
    return schema.schema().validate(yaml, InputFormat.YAML);
  }

  @Test
  void agreesWithTheReaderOnASoundFile() throws IOException {
    assertAgreement(quickstart(), true);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "temperature: 1 -> temperatur: 1",
        "seed: 17 -> seed: seventeen",
        "seed: 17 -> seed: -1",
        "seed: 17 -> seed: 1.5",
        "kd_ratio: 0.5 -> kd_ratio: 1.01",
        "divergence: forward_kl -> divergence: forward_ks",
        "languages: [en, zh] -> languages: [en, de]",
        "languages: [en, zh] -> languages: en",
        "hidden_size: 128 -> width: 128",
        "control: true -> control: 1",
        "name: quickstart -> name: 5",
        "name: phone -> title: phone",
        "train_rows: 12000 -> train_rows: 0",
        "precisions: [fp32, int8] -> precisions: {fp32: int8}",
      })
  void agreesWithTheReaderOnABrokenFile(String change) throws IOException {
    List<String> parts = List.of(change.split(" -> ", -1));
    String broken = quickstart().replace(parts.get(0), parts.get(1));

    assertThat(broken).isNotEqualTo(quickstart());
    assertAgreement(broken, false);
  }

  private static String quickstart() throws IOException {
    return Files.readString(ConfigFilesTest.CONFIGS.resolve("quickstart.yaml"));
  }

  private static void assertAgreement(String yaml, boolean sound) {
    assertThat(errors(JOB, yaml).isEmpty()).as("schema accepts").isEqualTo(sound);
    if (sound) {
      assertThatCode(() -> read(yaml)).doesNotThrowAnyException();
    } else {
      assertThatThrownBy(() -> read(yaml)).isInstanceOf(ConfigException.class);
    }
  }

  private static JobConfig read(String yaml) {
    return ConfigReader.parse(yaml, Path.of("job.yaml"), JobConfig.class, List.of());
  }
}
