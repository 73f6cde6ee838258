package org.pocketdistill.pipeline.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.config.GivenModels;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.config.JobFile;
import org.pocketdistill.pipeline.hub.FakeHub;

/** A finished teacher is known by what is in its folder, not by the folder's name. */
class DataInputsTest {
  private static final String YAML =
      """
      name: finished
      data:
        train: [{path: train.jsonl, format: text}]
        max_seq_len: 64
      teacher: {path: '%s'}
      student:
        model: {model_type: llama, hidden_size: 16, intermediate_size: 16, num_hidden_layers: 1, num_attention_heads: 1}
      distill: {train: {learning_rate: 1e-3}}
      """;

  @TempDir private Path folder;

  private Path teacher;
  private JobConfig job;

  @BeforeEach
  void layOut() throws IOException {
    teacher = Files.createDirectories(folder.resolve("teacher"));
    Files.copy(
        Checkpoints.folder("llama_gqa").resolve("config.json"), teacher.resolve("config.json"));
    Files.writeString(teacher.resolve("tokenizer.json"), "tokenizer");
    Files.writeString(teacher.resolve("model.safetensors"), "weights");
    Files.writeString(folder.resolve("train.jsonl"), "{\"text\": \"a\"}\n");
    Path file = folder.resolve("job.yaml");
    Files.writeString(file, YAML.formatted(teacher));
    job = JobFile.read(file, List.of()).config();
  }

  private GivenModels given() throws IOException {
    return GivenModels.present(job, FakeHub.nobody());
  }

  private ObjectNode data() throws IOException {
    return DataInputs.of(job, given(), source -> folder.resolve(source.path()));
  }

  @Test
  void aCacheIsAnInputAndNotWhereItLies() {
    ObjectNode without = distill();
    ObjectNode with = distill("distill.cache.top_k=32");

    assertThat(without.path("distill").has("cache")).as("as before there were caches").isFalse();
    assertThat(with).isNotEqualTo(without);
    assertThat(distill("distill.cache.top_k=32", "distill.cache.dir=elsewhere")).isEqualTo(with);
    assertThat(distill("distill.cache.top_k=64")).isNotEqualTo(with);
  }

  private ObjectNode distill(String... overrides) {
    return DataInputs.ofDistill(
        JobFile.read(folder.resolve("job.yaml"), List.of(overrides)).config().distill());
  }

  @Test
  void aModelIsKnownByItsConfigurationAndWeights() throws IOException {
    String hash = ModelHash.of(teacher);
    Files.writeString(teacher.resolve("tokenizer.json"), "another tokenizer");
    assertThat(ModelHash.of(teacher)).isEqualTo(hash);
    Files.writeString(teacher.resolve("model.safetensors"), "other weights");
    assertThat(ModelHash.of(teacher)).isNotEqualTo(hash);
    String tokenizer = ModelHash.ofTokenizer(teacher);
    Files.writeString(teacher.resolve("chat_template.jinja"), "a template");
    assertThat(ModelHash.ofTokenizer(teacher)).isNotEqualTo(tokenizer);
  }

  @Test
  void otherWeightsAreAnotherTeacherForTheSameData() throws IOException {
    ObjectNode dataBefore = data();
    ObjectNode teacherBefore = DataInputs.ofTeacher(job.teacher(), given().teacher());

    Files.writeString(teacher.resolve("model.safetensors"), "Weights");

    assertThat(
            StageFile.differences(
                teacherBefore, DataInputs.ofTeacher(job.teacher(), given().teacher())))
        .singleElement()
        .asString()
        .startsWith("teacher_files.model.safetensors: was ");
    assertThat(StageFile.differences(dataBefore, data())).isEmpty();
  }

  @Test
  void anotherTokenizerMakesOtherData() throws IOException {
    ObjectNode before = data();

    Files.writeString(teacher.resolve("tokenizer.json"), "Tokenizer");

    assertThat(StageFile.differences(before, data()))
        .singleElement()
        .asString()
        .startsWith("given_tokenizer.tokenizer.json: was ");
  }
}
