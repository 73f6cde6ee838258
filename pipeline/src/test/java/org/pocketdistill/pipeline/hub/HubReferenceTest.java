package org.pocketdistill.pipeline.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.config.ConfigException;

class HubReferenceTest {
  private static void reads(
      String text, String repository, String revision, String file, String canonical) {
    HubReference reference = HubReference.parse(text);
    assertThat(reference.repository()).isEqualTo(repository);
    assertThat(reference.revision()).isEqualTo(revision);
    assertThat(reference.file()).isEqualTo(file.isEmpty() ? Optional.empty() : Optional.of(file));
    assertThat(reference).hasToString(canonical);
    assertThat(HubReference.parse(canonical)).isEqualTo(reference);
  }

  @Test
  void readsOwnerAndName() {
    reads("hf://a/b", "a/b", "main", "", "hf://a/b");
    reads("hf://a/b/", "a/b", "main", "", "hf://a/b");
    reads("hf://models/a/b", "a/b", "main", "", "hf://a/b");
    reads("hf://a/b@main", "a/b", "main", "", "hf://a/b");
    reads(
        "hf://Qwen/Qwen2.5-0.5B_x", "Qwen/Qwen2.5-0.5B_x", "main", "", "hf://Qwen/Qwen2.5-0.5B_x");
  }

  @Test
  void readsRevisions() {
    reads("hf://a/b@v1.0", "a/b", "v1.0", "", "hf://a/b@v1.0");
    reads("hf://a/b@dev%2Fnew+1", "a/b", "dev/new+1", "", "hf://a/b@dev%2Fnew+1");
    reads("hf://a/b@refs/pr/12", "a/b", "refs/pr/12", "", "hf://a/b@refs/pr/12");
    reads(
        "hf://a/b@refs/pr/12/q.gguf", "a/b", "refs/pr/12", "q.gguf", "hf://a/b@refs/pr/12/q.gguf");
    reads("hf://a/b@v1/d/q.gguf", "a/b", "v1", "d/q.gguf", "hf://a/b@v1/d/q.gguf");
  }

  @Test
  void readsFiles() {
    reads("hf://a/b/q.gguf", "a/b", "main", "q.gguf", "hf://a/b/q.gguf");
    reads("hf://a/b/Q4@1.GGUF", "a/b", "main", "Q4@1.GGUF", "hf://a/b/Q4@1.GGUF");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hf://",
        "hf://gpt2",
        "hf:///",
        "hf://a/b@",
        "hf://a//q.gguf",
        "hf://../b",
        "hf://a/..",
        "hf://a--b/c",
        "hf://a/b..c",
        "hf://a/-b",
        "hf://a/b.git",
        "hf://a/b c",
        "hf://a@v1/b",
        "hf://a/b@../../x",
        "hf://a/b@..%2F..%2Fx",
        "hf://a/b@%zz",
        "hf://a/b@x%5C..",
        "hf://a/b@x%00",
        "hf://a/b/../q.gguf",
        "hf://a/b//etc/q.gguf",
        "hf://a/b/c:q.gguf",
        "hf://a/b/model.safetensors",
        "hf://datasets/a/b",
        "hf://models"
      })
  void refusesWhatNamesNoModel(String text) {
    assertThatThrownBy(() -> HubReference.parse(text))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("'" + text + "' names no model on the hub")
        .hasMessageEndingWith(
            ", expected hf://owner/name, hf://owner/name@revision or hf://owner/name/file.gguf");
  }

  @Test
  void saysWhatIsWrong() {
    assertThatThrownBy(() -> HubReference.parse("hf://datasets/a/b"))
        .hasMessageContaining("'datasets' are no models");
    assertThatThrownBy(() -> HubReference.parse("hf://a/b!"))
        .hasMessageContaining("'b!' is no name of the hub (letters, digits, '-', '_', '.')");
    assertThatThrownBy(() -> HubReference.parse("hf://a/b/c.bin"))
        .hasMessageContaining("'c.bin' is no path of a GGUF file");
  }

  @Test
  void aLocationIsOnTheHubOrOnDisk() {
    assertThat(ModelLocation.parse("hf://a/b@v1"))
        .isEqualTo(new ModelLocation.OnHub(HubReference.parse("hf://a/b@v1")))
        .hasToString("hf://a/b@v1");
    assertThat(ModelLocation.parse("hf://a/b@v1").modelName()).isEqualTo("b");
    assertThat(ModelLocation.parse("hf://a/b/d/q.gguf").modelName()).isEqualTo("q.gguf");
    assertThat(ModelLocation.parse("runs/x/").modelName()).isEqualTo("x");
    assertThat(ModelLocation.parse("runs/x"))
        .isEqualTo(new ModelLocation.OnDisk(Path.of("runs/x")))
        .hasToString(Path.of("runs/x").toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"https://huggingface.co/a/b", "hf:a/b", "HF://a/b", "hf:/a/b"})
  void saysHowAModelOnTheHubIsWritten(String text) {
    assertThatThrownBy(() -> ModelLocation.parse(text))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "'" + text + "': a model on the hub is written hf://owner/name, others are paths");
  }

  @Test
  void nothingIsNoLocation() {
    assertThatThrownBy(() -> ModelLocation.parse(" "))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("expected a path or hf://owner/name");
    assertThatThrownBy(() -> ModelLocation.parse("a\0b"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("is not a path");
  }
}
