package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.TinyModel;
import org.pocketdistill.pipeline.cli.TinyJob.Child;
import org.pocketdistill.pipeline.cli.TinyJob.Outcome;
import org.pocketdistill.pipeline.lora.LoraAdapter;
import org.pocketdistill.pipeline.lora.PeftFolder;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.GgufConversion;
import org.pocketdistill.pipeline.model.HfConfigFile;
import org.pocketdistill.pipeline.model.HfFolder;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.ProjectionFormat;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.model.Weights;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** A finished teacher that is adapted to the job's rows before the student learns from it. */
class AdaptedTeacherTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int ATTEMPTS = 5;
  private static final String MODEL = "02-teacher/model/model.safetensors";
  private static final String ADAPTER = "02-teacher/adapter/adapter_model.safetensors";

  private static final String YAML =
      """
      name: adapted
      output_dir: '%1$s/run'
      data:
        train: [{path: train.jsonl, format: prompt_completion}]
        test: {held: [{path: held.jsonl, format: prompt_completion}]}
        max_seq_len: 96
        near_duplicate_threshold: 1
      teacher:
        path: '%1$s/teacher'
        lora:
          r: 2
          lora_dropout: 0.2
          data: [%2$s]
          %4$s
          train: {learning_rate: 1e-2, max_steps: %3$d, batch_size: 2, save_steps: 2, precision: fp32}
      student:
        model: {model_type: llama, hidden_size: 16, intermediate_size: 16, num_hidden_layers: 1, num_attention_heads: 2}
      distill: {control: false, train: {learning_rate: 1e-3, max_steps: 1, batch_size: 2, precision: fp32}}
      export: {context_length: 96, check_prompts: 1, precisions: []}
      evaluate: {tasks: [{task: function_call, set: held}]}
      """;

  @TempDir private Path folder;

  private Path teacher;

  @BeforeEach
  void layOut() throws IOException {
    teacher = TinyModel.write(folder.resolve("teacher"));
    Files.write(folder.resolve("train.jsonl"), rows("wake me at "));
    Files.write(folder.resolve("own.jsonl"), rows("call me at "));
    Files.write(folder.resolve("held.jsonl"), List.of(rows("call her at ").get(0)));
  }

  private static List<String> rows(String prompt) {
    return IntStream.range(0, 6)
        .mapToObj(i -> "{\"prompt\": \"" + prompt + i + "\", \"completion\": \"at " + i + "\"}")
        .toList();
  }

  private TinyJob job(String data, int steps) throws IOException {
    return job(data, steps, "");
  }

  private TinyJob job(String data, int steps, String options) throws IOException {
    return TinyJob.in(folder, YAML.formatted(folder, data, steps, options));
  }

  private static void succeeds(Outcome outcome) {
    assertThat(outcome.code()).as(outcome.err()).isZero();
  }

  @Test
  void theMergedModelTeachesAndIsMeasuredBesideTheOneItWasMadeFrom() throws IOException {
    TinyJob job = job("", 4);

    succeeds(job.run());

    JsonNode outputs = job.stage("02-teacher").path("outputs");
    assertThat(outputs.path("steps").intValue()).isEqualTo(4);
    assertThat(outputs.path("merge_max_abs_diff").doubleValue()).isBetween(0.0, 1e-3);
    assertThat(outputs.path("path").asText()).isEqualTo(teacher.toString());
    mergedIsBasePlusAdapter(job);
    JsonNode results = JSON.readTree(job.path("08-evaluate/results.json").toFile());
    List<String> roles = new ArrayList<>();
    results.path("models").forEach(model -> roles.add(model.findPath("role").asText()));
    assertThat(roles).startsWith("teacher", "teacher_base", "student_init");
    assertThat(Files.readString(job.path("report.html"))).contains("teacher_base");
  }

  private void mergedIsBasePlusAdapter(TinyJob job) throws IOException {
    try (Decoder base = HfFolder.load(teacher, ComputeDtype.FP32);
        Decoder merged = HfFolder.load(job.path("02-teacher/model"), ComputeDtype.FP32);
        LoraAdapter adapter = PeftFolder.load(job.path("02-teacher/adapter"), base.config())) {
      String changed = "model.layers.0.mlp.down_proj.weight";
      float[] before = base.weights().get(changed).toFloatArray();
      assertThat(merged.weights().get(changed).toFloatArray()).isNotEqualTo(before);
      adapter.mergeInto(base.weights());
      for (String name : base.weights().names()) {
        NDArray expected = base.weights().get(name);
        assertThat(merged.weights().get(name).toFloatArray())
            .as(name)
            .isEqualTo(expected.toFloatArray());
      }
    }
  }

  @Test
  void aTeacherInFourBitsIsMergedIntoWhatItsBytesStandFor() throws IOException {
    TinyJob job = job("", 2, "quantization: nf4\n    double_quant: true\n    use_dora: true");

    succeeds(job.run("--to", "distill"));

    StoredModel base = StoredModel.open(teacher);
    JsonNode outputs = job.stage("02-teacher").path("outputs");
    assertThat(outputs.path("frozen_bytes").longValue()).isLessThan(3 * base.config().parameters());
    try (Weights packed =
            base.weights(base.config().vocabSize(), ProjectionFormat.NF4_DOUBLE_QUANT);
        Weights expected = packed.unpacked(base.config());
        Decoder merged = HfFolder.load(job.path("02-teacher/model"), ComputeDtype.FP32);
        LoraAdapter adapter = PeftFolder.load(job.path("02-teacher/adapter"), base.config())) {
      adapter.mergeInto(expected);
      for (String name : expected.names()) {
        assertThat(merged.weights().values(name)).as(name).isEqualTo(expected.values(name));
      }
    }
  }

  @Test
  void aGgufFileIsAdaptedIntoAFolder() throws IOException {
    Path gguf =
        new GgufConversion(teacher).withTokenizer(teacher).write(folder.resolve("tiny.gguf"));
    TinyJob job = job("", 2);

    succeeds(job.run("--to", "distill", "--set", "teacher.path=" + gguf));

    ModelConfig base = StoredModel.open(gguf).config();
    ModelConfig merged = HfConfigFile.read(job.path("02-teacher/model"));
    assertThat(merged.sizes()).isEqualTo(base.sizes());
    assertThat(job.stage("02-teacher").at("/outputs/merge_max_abs_diff").doubleValue())
        .isLessThan(1e-3);
    assertThat(job.path("02-teacher/model/tokenizer.json")).exists();
  }

  @Test
  void itLearnsFromRowsOfItsOwnIfThereAreAny() throws IOException {
    TinyJob job = job("{path: own.jsonl, format: prompt_completion}", 1);

    succeeds(job.run("--to", "teacher"));

    assertThat(job.path("01-data/teacher-adapter.jsonl")).content().contains("call me at 5");
    assertThat(job.path("01-data/train.jsonl")).content().doesNotContain("call me");

    Files.write(folder.resolve("own.jsonl"), rows("ring me at "));
    Outcome again = job.run("--to", "teacher");
    succeeds(again);
    assertThat(again.err()).contains("data: redone", "own.jsonl: was", "teacher: redone");
  }

  @Test
  void killedWhileItLearnsItEndsWithTheSameBits() throws Exception {
    TinyJob whole = job("", 60);
    succeeds(whole.run("--to", "teacher"));
    byte[] model = Files.readAllBytes(whole.path(MODEL));
    byte[] adapter = Files.readAllBytes(whole.path(ADAPTER));

    boolean killed = false;
    for (int attempt = 0; attempt < ATTEMPTS && !killed; attempt++) {
      try (Child child = whole.start("--from", "teacher", "--to", "teacher")) {
        boolean checkpointed = child.awaitCheckpoint("02-teacher");
        child.kill();
        killed =
            checkpointed
                && whole.stage("02-teacher").path("status").asText().equals("running")
                && !whole.checkpoints("02-teacher").isEmpty();
      }
    }
    assertThat(killed).as("a run that was killed while it adapted the teacher").isTrue();

    succeeds(whole.run("--to", "teacher"));

    assertThat(whole.path(MODEL)).hasBinaryContent(model);
    assertThat(whole.path(ADAPTER)).hasBinaryContent(adapter);
    assertThat(whole.checkpoints("02-teacher")).isEmpty();
  }

  @Test
  void aPlanCountsIt() throws IOException {
    TinyJob job = job("{path: own.jsonl, format: prompt_completion}", 25);
    Console console = new Console();

    assertThat(console.run("validate", job.file())).as(console.err()).isZero();
    assertThat(console.out()).contains("load " + teacher + ", adapt it (r 2, 25 steps)");
    assertThat(console.run("plan", job.file())).as(console.err()).isZero();

    List<String> lines = console.out().lines().map(String::strip).toList();
    assertThat(lines).anyMatch(line -> line.matches("teacher +[0-9.,]+ MB"));
    assertThat(lines).anyMatch(line -> line.matches("teacher .* s +25 steps, .*"));
    assertThat(lines).anyMatch(line -> line.contains("4 models"));
  }
}
