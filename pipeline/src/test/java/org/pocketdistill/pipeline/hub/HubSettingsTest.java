package org.pocketdistill.pipeline.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.config.ConfigException;

/** The same variables mean the same as for huggingface_hub. */
class HubSettingsTest {
  @TempDir private Path home;

  private HubSettings of(Map<String, String> variables) {
    return HubSettings.of(variables, home);
  }

  @Test
  void isThePublicHubAndTheUsualCacheUnlessToldOtherwise() {
    HubSettings settings = of(Map.of());

    assertThat(settings.endpoint()).isEqualTo(URI.create("https://huggingface.co"));
    assertThat(settings.cache()).isEqualTo(home.resolve(".cache/huggingface/hub"));
    assertThat(settings.token()).isEmpty();
    assertThat(settings.offline()).isFalse();
    assertThat(settings.symlinks()).isTrue();
  }

  @Test
  void findsTheCacheInTheOrderOfPython() {
    assertThat(of(Map.of("XDG_CACHE_HOME", "/c")).cache()).isEqualTo(Path.of("/c/huggingface/hub"));
    assertThat(of(Map.of("XDG_CACHE_HOME", "/c", "HF_HOME", "~/h")).cache())
        .isEqualTo(home.resolve("h/hub"));
    assertThat(of(Map.of("HF_HOME", "/h", "HUGGINGFACE_HUB_CACHE", "/old")).cache())
        .isEqualTo(Path.of("/old"));
    assertThat(
            of(Map.of("HF_HOME", "/h", "HUGGINGFACE_HUB_CACHE", "/o", "HF_HUB_CACHE", "/n"))
                .cache())
        .isEqualTo(Path.of("/n"));
    assertThat(of(Map.of("HF_HOME", "${DATA}/$SUB/$NONE", "DATA", "/d", "SUB", "s$1")).cache())
        .isEqualTo(Path.of("/d/s$1/$NONE/hub"));
    assertThat(of(Map.of("HF_HOME", " ")).cache())
        .as("empty is absent")
        .isEqualTo(home.resolve(".cache/huggingface/hub"));
  }

  @Test
  void takesTheEndpointWithoutItsLastSlash() {
    HubSettings settings = of(Map.of("HF_ENDPOINT", "https://mirror.example/hf/"));

    assertThat(settings.endpoint()).isEqualTo(URI.create("https://mirror.example/hf"));
    assertThat(settings.isHub(URI.create("https://MIRROR.example:443/x"))).isTrue();
    assertThat(settings.isHub(URI.create("https://mirror.example:8443/x"))).isFalse();
    assertThat(settings.isHub(URI.create("http://mirror.example/x"))).isFalse();
    assertThat(settings.isHub(URI.create("https://mirror.example.evil.example/x"))).isFalse();
    assertThat(settings.isHub(URI.create("https://huggingface.co/x"))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"mirror.example", "ftp://x", "https://", "https://a b", "file:///etc"})
  void refusesAnEndpointThatIsNoAddress(String endpoint) {
    assertThatThrownBy(() -> of(Map.of("HF_ENDPOINT", endpoint)))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "HF_ENDPOINT '"
                + endpoint
                + "' is no address of a hub, expected for example https://huggingface.co");
  }

  @Test
  void takesTheTokenOfTheVariableOrOfTheFile() throws IOException {
    Path hfHome = Files.createDirectories(home.resolve(".cache/huggingface"));
    Files.writeString(hfHome.resolve("token"), "hf_file\n");
    Files.writeString(home.resolve("other"), "hf_other");

    assertThat(of(Map.of()).token()).contains("hf_file");
    assertThat(of(Map.of("HF_TOKEN_PATH", "~/other")).token()).contains("hf_other");
    assertThat(of(Map.of("HUGGING_FACE_HUB_TOKEN", "hf_old")).token()).contains("hf_old");
    assertThat(of(Map.of("HF_TOKEN", " hf_new ", "HUGGING_FACE_HUB_TOKEN", "hf_old")).token())
        .contains("hf_new");
    assertThat(of(Map.of("HF_TOKEN", "hf_new", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")).token())
        .isEmpty();
  }

  @Test
  void keepsTheTokenOutOfTextsAndMessages() throws IOException {
    assertThat(of(Map.of("HF_TOKEN", "hf_secret")).toString())
        .contains("token=set")
        .doesNotContain("hf_secret");
    assertThatThrownBy(() -> of(Map.of("HF_TOKEN", "hf_sec\nret")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("HF_TOKEN holds no token")
        .hasMessageNotContaining("ret\n")
        .hasMessageNotContaining("hf_sec");
    Files.createDirectories(home.resolve(".cache/huggingface/token"));
    assertThatThrownBy(() -> of(Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("token: the token of the hub cannot be read");
  }

  @ParameterizedTest
  @CsvSource({
    "1, '', true",
    "yes, '', true",
    "true, 0, true",
    "0, 1, false",
    "'', ON, true",
    "no, '', false"
  })
  void isOfflineWhenToldSo(String hub, String transformers, boolean offline) {
    assertThat(of(Map.of("HF_HUB_OFFLINE", hub, "TRANSFORMERS_OFFLINE", transformers)).offline())
        .isEqualTo(offline);
  }
}
