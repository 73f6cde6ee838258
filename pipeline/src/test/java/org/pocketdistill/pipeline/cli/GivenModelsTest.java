package org.pocketdistill.pipeline.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.TinyModel;
import org.pocketdistill.pipeline.cli.TinyJob.Outcome;
import org.pocketdistill.pipeline.manifest.PackageManifest;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.HfConfigFile;
import org.pocketdistill.pipeline.model.HfFolder;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.safetensors.Dtype;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** Jobs whose teacher or student is a folder. */
class GivenModelsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Logits that stand for no token. */
  private static final int PADDING = 8;

  private static final String YAML =
      """
      name: given
      output_dir: '%1$s/run'
      data:
        train: [{path: train.jsonl, format: prompt_completion}]
        test: {held: [{path: held.jsonl, format: prompt_completion}]}
        max_seq_len: 96
        near_duplicate_threshold: 1
      teacher: %2$s
      student: %3$s
      distill: {train: {learning_rate: 1e-3, max_steps: 2, batch_size: 2, precision: fp32}}
      export: {context_length: 96, check_prompts: 1, precisions: [int8]}
      evaluate: {tasks: [{task: function_call, set: held}]}
      """;
  private static final String SHAPE =
      "{model_type: qwen2, hidden_size: 16, intermediate_size: 16, num_hidden_layers: 1,"
          + " num_attention_heads: 1}";

  @TempDir private Path folder;
  private Path teacher;
  private Path student;
  private int ids;

  @BeforeEach
  void layOut() throws IOException {
    teacher = TinyModel.write(folder.resolve("teacher"));
    ModelConfig config = HfConfigFile.read(teacher);
    ids = config.vocabSize();
    save(teacher, config.withVocabSize(ids + PADDING), 1);
    student = folder.resolve("student");
    save(student, config.withLayers(1), 2);
    for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
      Files.copy(teacher.resolve(file), student.resolve(file));
    }
    Files.write(
        folder.resolve("train.jsonl"),
        IntStream.range(0, 4).mapToObj(i -> row("wake me at " + i, "at " + i)).toList());
    Files.write(folder.resolve("held.jsonl"), List.of(row("call me", "seven")));
  }

  private static void save(Path folder, ModelConfig config, long seed) throws IOException {
    try (Decoder decoder = Decoder.random(config, seed, ComputeDtype.FP32)) {
      HfFolder.save(folder, config, decoder.weights(), Dtype.BF16);
    }
  }

  private static String row(String prompt, String completion) {
    return "{\"prompt\": \"%s\", \"completion\": \"%s\"}".formatted(prompt, completion);
  }

  private TinyJob job(String teacherKeys, String studentKeys) throws IOException {
    return TinyJob.in(folder, YAML.formatted(folder, teacherKeys, studentKeys));
  }

  private String given(Path model) {
    return "{path: '" + model + "'}";
  }

  private static void succeeds(Outcome outcome) {
    assertThat(outcome.code()).as(outcome.err()).isZero();
  }

  @Test
  void aGivenStudentIsDistilledFromAGivenTeacher() throws IOException {
    Files.writeString(
        student.resolve("generation_config.json"),
        "{\"do_sample\": true, \"temperature\": 0.6, \"eos_token_id\": [2, 1]}");
    TinyJob job = job(given(teacher), given(student));

    succeeds(job.run());

    Path distilled = job.path("04-distill/model");
    ModelConfig config = HfConfigFile.read(distilled);
    assertThat(config).isEqualTo(HfConfigFile.read(student));
    assertThat(config.eosTokenIds()).containsExactly(2, 1);
    for (String model : List.of("04-distill/model", "05-control/model", "07-export/int8")) {
      JsonNode generation =
          JSON.readTree(job.path(model).resolve("generation_config.json").toFile());
      assertThat(generation.path("temperature").doubleValue()).as(model).isEqualTo(0.6);
    }
    assertThat(job.path("03-student/model")).doesNotExist();
    assertThat(Files.mismatch(distilled.resolve("model.safetensors"), weights(student)))
        .as("first differing byte")
        .isNotNegative();
    assertThat(job.path("08-evaluate/student_init")).isDirectory();
  }

  @Test
  void anInt4FileAndAPlainOneAreWrittenAndMeasuredAsTheJobSays() throws IOException {
    TinyJob job = job(given(teacher), given(student));

    succeeds(
        job.run(
            "--set",
            "export.precisions=[int4]",
            "--set",
            "export.int4.is_symmetric=false",
            "--set",
            "export.plain=[int8]",
            "--set",
            "export.static_shapes={sequence: 8}"));

    Path graph = job.path("07-export/int4/model.onnx");
    assertThat(Files.readString(graph, ISO_8859_1)).contains("MatMulNBits", "_zero_points");
    assertThat(job.path("08-evaluate/onnx-int4")).isDirectory();
    assertThat(Files.readString(job.path("report.html")))
        .contains("onnx-int4", "plain-int8/onnx/model_quantized.onnx");

    Path plain = job.path("07-export/plain-int8");
    assertThat(PackageManifest.read(plain).provenance())
        .containsEntry("graph", "plain")
        .containsEntry("static_shapes", "1x8");
    assertThat(job.stage("07-export").at("/outputs/plain-int8/file").textValue())
        .isEqualTo("plain-int8/onnx/model_quantized.onnx");
    assertThat(job.path("08-evaluate/onnx-plain-int8")).isDirectory();
  }

  @Test
  void anInt4FileIsCalibratedOnTheTrainingRows() throws IOException {
    TinyJob job = job(given(teacher), given(student));
    String[] gptq = {
      "--set",
      "export.precisions=[int4]",
      "--set",
      "export.int4={algorithm: gptq, mixed: {target_mb: 50}}"
    };

    succeeds(job.run(gptq));

    JsonNode found = job.stage("07-export").path("outputs").path("int4").path("quantization");
    assertThat(found.path("calibration_tokens").intValue()).isBetween(20, 400);
    assertThat(found.path("matrices")).hasSize(5);
    assertThat(found.path("mixed").path("layers")).hasSize(1);
    assertThat(Files.readString(job.path("report.html")))
        .contains("int4 by GPTQ on", "down_proj", "KL with 4 bits");

    Outcome outcome =
        job.run(gptq[0], gptq[1], gptq[2], gptq[3], gptq[0], "export.int4.calibration_tokens=9999");
    assertThat(outcome.code()).isEqualTo(Main.WRONG_INPUT);
    assertThat(outcome.err())
        .contains("export.int4: ", " tokens to calibrate on, expected at least 9999");
  }

  @Test
  void anInt8StaticFileIsCalibratedOnTheTrainingRows() throws IOException {
    TinyJob job = job(given(teacher), given(student));

    succeeds(
        job.run(
            "--set",
            "export.precisions=[fp16, int8_static]",
            "--set",
            "export.int8_static={calibration: entropy, smooth_quant: 0.5}"));

    Path graph = job.path("07-export/int8_static/model.onnx");
    assertThat(Files.readString(graph, ISO_8859_1)).contains("DequantizeLinear");
    assertThat(Files.readString(job.path("07-export/int8_static/manifest.json")))
        .contains("entropy", "calibration_tokens");
    JsonNode outputs = job.stage("07-export").path("outputs");
    long narrow = outputs.path("fp16").path("phone_memory_bytes").longValue();
    assertThat(narrow)
        .as("fp16 is fp32 in memory")
        .isGreaterThan(outputs.path("int8_static").path("phone_memory_bytes").longValue());
    assertThat(job.path("08-evaluate/onnx-int8_static")).isDirectory();
    assertThat(Files.readString(job.path("report.html"))).contains("onnx-int8_static", "onnx-fp16");
  }

  private static Path weights(Path model) {
    return model.resolve("model.safetensors");
  }

  @Test
  void onlyAChangedStudentIsDistilledAgain() throws IOException {
    TinyJob job = job(given(teacher), given(student));
    succeeds(job.run("--to", "distill"));
    assertThat(job.run("--to", "distill").err()).doesNotContain("redone");

    save(student, HfConfigFile.read(student), 3);
    Outcome again = job.run("--to", "distill");

    succeeds(again);
    assertThat(again.err())
        .contains("student: redone", "student_files.model.safetensors: was ", "distill: redone")
        .doesNotContain("teacher: redone");
  }

  @Test
  void aStudentFromScratchHasTheTokenizerAndTheLogitsOfAGivenTeacher() throws IOException {
    TinyJob job = job(given(teacher), "{model: " + SHAPE + "}");

    succeeds(job.run("--to", "distill"));

    Path distilled = job.path("04-distill/model");
    assertThat(HfConfigFile.read(distilled).vocabSize()).isEqualTo(ids + PADDING);
    assertThat(distilled.resolve("tokenizer.json"))
        .hasSameBinaryContentAs(teacher.resolve("tokenizer.json"));
  }

  @Test
  void aTeacherTrainedByTheJobTakesTheTokenizerOfAGivenStudent() throws IOException {
    String trained =
        "{model: " + SHAPE + ", train: {learning_rate: 1e-3, max_steps: 1, precision: fp32}}";
    TinyJob job = job(trained, given(student));

    succeeds(job.run("--to", "distill"));

    Path made = job.path("02-teacher/model");
    assertThat(HfConfigFile.read(made).vocabSize()).isEqualTo(ids);
    assertThat(made.resolve("tokenizer.json"))
        .hasSameBinaryContentAs(student.resolve("tokenizer.json"));
  }

  @Test
  void everyProblemOfGivenModelsIsNamedAtOnce() throws IOException {
    change(teacher, "mlp_bias", true);
    change(student, "max_position_embeddings", 64);
    TinyJob job = job(given(teacher), given(student));

    Outcome outcome = job.run();

    assertThat(outcome.code()).isEqualTo(Main.WRONG_INPUT);
    assertThat(outcome.err().lines().filter(line -> line.contains(".path: ")))
        .hasSize(2)
        .anyMatch(line -> line.contains("teacher.path: " + teacher) && line.contains("mlp_bias"))
        .anyMatch(
            line ->
                line.contains("student.path: the model takes 64 tokens")
                    && line.contains("data.max_seq_len is 96"));
    assertThat(job.path("")).doesNotExist();
  }

  private static void change(Path model, String key, Object value) throws IOException {
    Path file = model.resolve("config.json");
    ObjectNode json = (ObjectNode) JSON.readTree(file.toFile());
    json.set(key, JSON.valueToTree(value));
    Files.writeString(file, json.toString());
  }

  @Test
  void aStudentWithOtherTokenIdsIsRefused() throws IOException {
    Path other = folder.resolve("other");
    TinyModel.writeTokenizer(other, 262);
    Files.copy(
        other.resolve("tokenizer.json"),
        student.resolve("tokenizer.json"),
        StandardCopyOption.REPLACE_EXISTING);

    Outcome outcome = job(given(teacher), given(student)).run();

    assertThat(outcome.code()).isEqualTo(Main.WRONG_INPUT);
    assertThat(outcome.err())
        .contains(
            "student.path: its tokens are some of the teacher's, expected a Hugging Face folder"
                + " with one row of the embedding for each of its 262 tokens");
  }

  @Test
  void aStudentWithMoreLogitsThanTheTeacherIsRefused() throws IOException {
    Outcome outcome = job(given(student), given(teacher)).run();

    assertThat(outcome.code()).isEqualTo(Main.WRONG_INPUT);
    assertThat(outcome.err())
        .contains(
            "student.path: vocab_size %d, expected at most the teacher's %d"
                .formatted(ids + PADDING, ids));
  }

  @Test
  void validateAndPlanReadGivenModels() throws IOException {
    TinyJob job = job(given(teacher), given(student));
    Console console = new Console();

    assertThat(console.run("validate", job.file())).as(console.err()).isZero();
    assertThat(console.out()).contains("load " + teacher, "load " + student);
    assertThat(console.run("plan", job.file())).as(console.err()).isZero();
    assertThat(console.out()).contains("%,14d".formatted(HfConfigFile.read(student).parameters()));

    change(student, "hidden_act", "gelu");

    assertThat(console.run("validate", job.file())).isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err()).contains("student.path: ", "hidden_act: \"gelu\"");
  }
}
