package org.pocketdistill.pipeline.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.config.ConfigReader;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.TinyModel;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.RuntimeConfig;
import org.pocketdistill.pipeline.config.RuntimeFile;
import org.pocketdistill.pipeline.lm.CausalDecoder.DecodeSession;

/** What {@code runtime.json} says is what ONNX Runtime is told. */
class SessionSettingsTest {
  private static final Path TASKS = Path.of("/proc/self/task");
  private static final int[] ROW = {5, 9, 11, 30, 7, 8, 14, 90, 3, 3, 21, 60};

  @TempDir private Path folder;

  @AfterEach
  void closesEveryTensor() {
    assertThat(OrtTensors.live()).isZero();
  }

  private static RuntimeConfig runtime(String yaml) {
    return ConfigReader.parse(yaml, Path.of("x.json"), RuntimeConfig.class, List.of());
  }

  private Path export(OnnxPrecision precision) throws IOException {
    return TinyModel.export(
        TinyModel.write(folder.resolve("tiny")), folder.resolve("phone"), precision);
  }

  @Test
  void takesWhatThePackageSaysAndTheRestFromTheMachine() {
    SessionSettings told =
        SessionSettings.of(
            runtime(
                "{session: {intra_op_num_threads: 3, inter_op_num_threads: 2, allow_spinning: false,"
                    + " enable_cpu_mem_arena: false, enable_mem_pattern: false}}"),
            EnumSet.of(OrtProvider.CPU));
    SessionSettings defaults = SessionSettings.of(RuntimeConfig.DEFAULT);

    assertThat(told)
        .isEqualTo(new SessionSettings(3, 2, false, false, false, List.of(), List.of()));
    assertThat(defaults)
        .isEqualTo(
            new SessionSettings(
                defaults.intraOpNumThreads(), 1, true, true, true, List.of(), List.of()));
    assertThat(defaults.intraOpNumThreads()).isPositive();
  }

  @Test
  void leavesOutExecutionProvidersThatThisBuildLacks() throws IOException {
    RuntimeConfig runtime =
        runtime("{execution_providers: [{name: qnn}, {name: xnnpack}, {name: nnapi}]}");
    SessionSettings settings =
        SessionSettings.of(runtime, EnumSet.of(OrtProvider.CPU, OrtProvider.XNNPACK));

    assertThat(SessionSettings.names(settings.executionProviders())).containsExactly("xnnpack");
    assertThat(SessionSettings.names(settings.missingProviders())).containsExactly("qnn", "nnapi");

    Path phone = export(OnnxPrecision.FP32);
    try (OrtDecoder plain = OrtDecoder.open(phone);
        OrtDecoder asked =
            OrtDecoder.open(phone, runtime("{execution_providers: [{name: qnn}]}"))) {
      assertThat(SessionSettings.names(asked.session().missingProviders())).containsExactly("qnn");
      assertThat(asked.logits(ROW)).isDeepEqualTo(plain.logits(ROW));
    }
  }

  @Test
  void setsTheOptionsThatCanBeReadBack() throws Exception {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      SessionSettings.of(runtime("{session: {allow_spinning: false}}")).applyTo(options);

      assertThat(options.getConfigEntries())
          .containsAllEntriesOf(
              Map.of(
                  "session.intra_op.allow_spinning", "0",
                  "session.inter_op.allow_spinning", "0",
                  "session.x64quantprecision", "1"));
    }
  }

  /** The thread that calls computes, too: ONNX Runtime starts one less. */
  @Test
  void startsAsManyThreadsAsItIsTold() throws IOException {
    Path phone = export(OnnxPrecision.FP32);
    OrtDecoder.open(phone).close();

    for (int threads : new int[] {1, 4}) {
      RuntimeConfig runtime = runtime("{session: {intra_op_num_threads: " + threads + "}}");
      Set<String> before = tasks();
      try (OrtDecoder decoder = OrtDecoder.open(phone, runtime)) {
        Set<String> started = tasks();
        started.removeAll(before);

        assertThat(started).as("%d threads", threads).hasSize(threads - 1);
        assertThat(decoder.session().intraOpNumThreads()).isEqualTo(threads);
      }
    }
  }

  /** Native threads that are not those of the Java machine, which come and go. */
  private static Set<String> tasks() throws IOException {
    Set<String> tasks = new HashSet<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(TASKS)) {
      for (Path task : all) {
        String name = Files.readString(task.resolve("comm")).strip();
        if (!name.matches(".*(Compiler|GC|Cleaner|VM|reaper|Attach|Sweeper|G1|Monitor).*")) {
          tasks.add(task.getFileName().toString());
        }
      }
    }
    return tasks;
  }

  @Test
  void computesTheSameWhateverTheSettings() throws IOException {
    Path phone = export(OnnxPrecision.INT8);
    RuntimeConfig runtime =
        runtime(
            "{session: {intra_op_num_threads: 1, inter_op_num_threads: 2, allow_spinning: false,"
                + " enable_cpu_mem_arena: false, enable_mem_pattern: false},"
                + " batch: {prompt_chunk_tokens: 5}}");

    try (OrtDecoder plain = OrtDecoder.open(phone);
        OrtDecoder other = OrtDecoder.open(phone, runtime)) {
      float[][] expected = plain.logits(ROW);
      float[][] found = other.logits(ROW);
      for (int i = 0; i < ROW.length; i++) {
        assertThat(LogitsDifference.of(expected[i], found[i]).largest()).isLessThan(1e-4);
      }
      try (DecodeSession session = other.start(List.of(ROW, new int[] {4}), 2)) {
        session.advance(new int[] {1, 2});
        assertThat(session.logits()).hasDimensions(2, other.vocabSize());
      }
    }
  }

  @Test
  void keepsNoMoreTokensThanItIsTold() throws IOException {
    Path phone = export(OnnxPrecision.FP32);
    RuntimeFile.write(phone, runtime("{kv_cache_length: 20, batch: {max_batch_size: 1}}"));

    try (OrtDecoder decoder = OrtDecoder.open(phone)) {
      assertThat(decoder.contextLength()).isEqualTo(20);
      assertThatThrownBy(() -> decoder.start(List.of(ROW), 9))
          .hasMessage("12 tokens and 9 new ones, but the context length is 20");
      decoder.start(List.of(ROW), 8).close();
    }

    RuntimeFile.write(phone, runtime("{kv_cache_length: 161}"));
    assertThatThrownBy(() -> OrtDecoder.open(phone))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("runtime.json: kv_cache_length: 161, expected at most 160");

    Files.writeString(phone.resolve("runtime.json"), "{\"session\": {\"threads\": 2}}");
    assertThatThrownBy(() -> PackageDecoder.open(phone))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("runtime.json:1: session.threads: unknown key");
  }
}
