package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.TinyModel;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.RuntimeFile;
import org.pocketdistill.pipeline.manifest.PackageManifest;
import org.pocketdistill.pipeline.onnx.GenAiConfig;
import org.pocketdistill.pipeline.onnx.QuantizationFile;

class ExportCommandTest {
  @TempDir private static Path models;
  private static Path model;

  @TempDir private Path folder;
  private final Console console = new Console();

  @BeforeAll
  static void makeModel() throws IOException {
    model = TinyModel.write(models.resolve("tiny"));
  }

  private int export(Object... more) {
    return console.run(Stream.concat(Stream.of("export"), Stream.of(more)).toArray());
  }

  @ParameterizedTest
  @ValueSource(strings = {"fp32", "fp16", "int8", "int4"})
  void writesACheckedPackage(String precision) throws IOException {
    Path target = folder.resolve("new/phone");

    assertThat(export("--model", model, "--to", target, "--precision", precision))
        .as(console.err())
        .isZero();

    assertThat(console.out())
        .contains("written to " + target)
        .containsPattern(
            "checked on 512 positions: largest logit difference \\d.\\d\\de[+-]\\d+,"
                + " mean KL divergence .* nats, top-1 agreement [01]\\.\\d{4}");
    assertThat(target.resolve("model.onnx")).exists();
    assertThat(target.resolve("tokenizer.json"))
        .hasSameBinaryContentAs(model.resolve("tokenizer.json"));
    assertThat(GenAiConfig.read(target).contextLength()).isEqualTo(TinyModel.CONTEXT);
    assertThat(console.run("bench", "--model", target, "--prompt-tokens", 3, "--new-tokens", 2))
        .isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "fp32, onnx/model.onnx, ''",
    "fp16, onnx/model_fp16.onnx, ''",
    "int8, onnx/model_quantized.onnx, 2x3",
    "int4, onnx/model_q4.onnx, ''"
  })
  void writesAGraphThatOtherRuntimesLoad(String precision, String graph, String shapes)
      throws IOException {
    Path target = folder.resolve("web");
    Stream<Object> options =
        Stream.of("--model", model, "--to", target, "--graph", "plain", "--precision", precision);
    Stream<Object> fixed = shapes.isEmpty() ? Stream.of() : Stream.of("--static-shapes", shapes);

    assertThat(export(Stream.concat(options, fixed).toArray())).as(console.err()).isZero();

    assertThat(console.out()).contains("checked on 512 positions: largest logit difference");
    for (String file : new String[] {graph, graph + "_data", "config.json", "tokenizer.json"}) {
      assertThat(target.resolve(file)).exists();
    }
    assertThat(GenAiConfig.read(target).fileName()).isEqualTo(graph);
    assertThat(console.run("verify", target)).as(console.err()).isZero();
    assertThat(console.run("bench", "--model", target, "--prompt-tokens", 3, "--new-tokens", 2))
        .as(console.err())
        .isZero();
    assertThat(console.run("chat", "--model", target, "--prompt", "wake", "--max-new-tokens", 3))
        .as(console.err())
        .isZero();
  }

  @Test
  void addsAdaptersThatAreSwitchedOnAtRunTime() throws Exception {
    Path peft = Path.of(ExportCommandTest.class.getResource("/lora/qwen2_rslora").toURI());
    Path base = Checkpoints.folder("qwen2");
    Path target = folder.resolve("phone");
    Object[] options = {
      "--model", base, "--to", target, "--precision", "fp32", "--adapter", "home=" + peft
    };

    assertThat(export(options)).as(console.err()).isZero();

    assertThat(console.out()).containsPattern("home: checked on 512 positions: .* 1\\.0000");
    Path file = target.resolve("adapters/home.onnx_adapter");
    assertThat(console.run("bench", "--model", file, "--prompt-tokens", 3, "--new-tokens", 2))
        .as(console.err())
        .isZero();
    for (String wrong : new String[] {"home", "=x", "a/b=x"}) {
      options[7] = wrong;
      assertRefused("--adapter '" + wrong + "', expected NAME=DIR", options);
    }
  }

  @Test
  void refusesShapesThatDoNotFit() {
    Path to = folder.resolve("web");
    Object[] options = {"--model", model, "--to", to, "--graph", "plain", "--static-shapes", ""};
    for (String shapes : new String[] {"1", "0x4", "1x161", "65x1", "1x4x4"}) {
      options[7] = shapes;
      assertRefused(
          "--static-shapes '"
              + shapes
              + "', expected rows x new tokens, such as 1x16, at most 64x160",
          options);
    }
    assertRefused(
        "--static-shapes belongs to --graph plain",
        "--model",
        model,
        "--to",
        to,
        "--static-shapes",
        "1x4");
    assertRefused(
        "--graph 'plane', did you mean 'plain'?", "--model", model, "--to", to, "--graph", "plane");
    assertRefused(
        "--graph belongs to --format onnx",
        "--model",
        model,
        "--to",
        to,
        "--graph",
        "plain",
        "--format",
        "hf");
    assertThat(to).doesNotExist();
  }

  @Test
  void exportsWithoutATokenizerAndReplacesAnOlderPackage() throws IOException {
    Path target = Files.createDirectory(folder.resolve("phone"));
    Path qwen3 = Checkpoints.folder("qwen3");

    assertThat(export("--model", qwen3, "--to", target)).as(console.err()).isZero();
    assertThat(export("--model", qwen3, "--to", target, "--context-length", 32)).isZero();

    assertThat(GenAiConfig.read(target).contextLength()).isEqualTo(32);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).as("nothing temporary is left").containsExactly(target);
    }
  }

  @Test
  void checksOnTheRowsThatItIsGiven() throws IOException {
    Path rows =
        Files.writeString(
            folder.resolve("rows.jsonl"),
            "{\"text\": \"wake me\"}\n\n{\"input_ids\": [3, 4, 5]}\n{\"input_ids\": [3"
                + ", 4".repeat(50)
                + "]}\n");
    Path target = folder.resolve("phone");

    assertThat(export("--model", model, "--to", target, "--check", rows, "--context-length", 40))
        .as(console.err())
        .isZero();
    assertThat(console.out()).as("the row above 40 tokens is left out").contains("checked on ");

    Files.writeString(rows, "{\"input_ids\": [3" + ", 4".repeat(50) + "]}\n");
    assertRefused(
        rows + ": no row of at most 40 tokens",
        "--model",
        model,
        "--to",
        target,
        "--check",
        rows,
        "--context-length",
        40);
    Files.writeString(rows, "{\"input_ids\": [999]}\n");
    assertRefused(rows + ":1: token id 999", "--model", model, "--to", target, "--check", rows);
    assertThat(target.resolve("model.onnx")).as("the older package stays").exists();
  }

  @Test
  void writesTheRuntimeSettingsThatItIsGiven() throws IOException {
    Path runtime = folder.resolve("runtime.yaml");
    Files.writeString(runtime, "kv_cache_length: 40\nsession: {intra_op_num_threads: 1}\n");
    Path target = folder.resolve("phone");

    assertThat(export("--model", model, "--to", target, "--runtime", runtime))
        .as(console.err())
        .isZero();

    assertThat(RuntimeFile.of(target)).isEqualTo(RuntimeFile.read(runtime));
    assertThat(console.run("verify", target)).as(console.err()).isZero();
    assertThat(console.run("bench", "--package", target, "--prompt-tokens", 39))
        .isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err()).contains("expected at most 40 together");
    assertThat(console.run("chat", "--package", target, "--prompt", "0".repeat(60)))
        .isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err()).contains("leaves no room for an answer in the model's context of 40");

    Files.writeString(runtime, "kv_cache_length: 161");
    assertRefused(
        "kv_cache_length: 161, expected at most 160, the package's context",
        "--model",
        model,
        "--to",
        target,
        "--runtime",
        runtime);
    Files.writeString(runtime, "sessions: {}");
    assertRefused(
        runtime + ":1: sessions: unknown key, did you mean 'session'?",
        "--model",
        model,
        "--to",
        target,
        "--runtime",
        runtime);
    assertRefused(
        "--runtime belongs to --format onnx",
        "--model",
        model,
        "--to",
        folder.resolve("hf"),
        "--format",
        "hf",
        "--runtime",
        runtime);
  }

  @Test
  void neverReplacesAFolderThatIsNoPackage() throws IOException {
    Path precious = Files.createDirectory(folder.resolve("precious"));
    Files.writeString(precious.resolve("thesis.txt"), "x");
    Path file = Files.writeString(folder.resolve("file"), "x");

    for (Path target : new Path[] {precious, folder, file, model, Path.of("/"), Path.of("..")}) {
      assertRefused("exists and is no ONNX package", "--model", model, "--to", target);
    }
    assertThat(precious.resolve("thesis.txt")).exists();
    assertRefused("cannot be written", "--model", model, "--to", file.resolve("deeper/phone"));
  }

  @Test
  void keepsAPackageBeyondThePhonesBudgetApart() throws IOException {
    Path phones =
        Files.writeString(
            folder.resolve("phones.yaml"),
            "phones: [{name: tiny, ram_mb: 40, storage_mb: 9, bandwidth_gb_s: 1, int8_gops: 1,"
                + " fp32_gflops: 1}, {name: large, ram_mb: 400, storage_mb: 9, bandwidth_gb_s: 1,"
                + " int8_gops: 1, fp32_gflops: 1}]");
    Path target = folder.resolve("phone");
    Object[] tiny = {"--model", model, "--to", target, "--phones", phones, "--phone", "tiny"};

    assertThat(export(tiny)).as(console.err()).isEqualTo(Main.GATE_MISSED);
    assertThat(console.out())
        .contains("written to " + target + ".over-budget")
        .containsPattern(
            "int8 on tiny: 5\\d\\.\\d MB of memory of 40, 0\\.\\d MB of storage of 9: does");
    assertThat(target).doesNotExist();
    assertThat(folder.resolve("phone.over-budget/manifest.json")).exists();

    tiny[7] = "large";
    assertThat(export(tiny)).as(console.err()).isZero();
    assertThat(target.resolve("model.onnx")).exists();
    assertRefused(
        "phone 'small', expected one of tiny, large",
        "--model",
        model,
        "--to",
        target,
        "--phones",
        phones,
        "--phone",
        "small");
  }

  @Test
  void refusesWrongOptions() throws IOException {
    Path onnx = TinyModel.export(model, folder.resolve("onnx"), OnnxPrecision.FP32);
    Path to = folder.resolve("phone");

    assertRefused("--model is an ONNX package already", "--model", onnx, "--to", to);
    assertRefused(
        "--precision 'int5', did you mean 'int8'?",
        "--model",
        model,
        "--to",
        to,
        "--precision",
        "int5");
    assertRefused(
        "--context-length '1', expected", "--model", model, "--to", to, "--context-length", 1);
    assertRefused("missing option '--to'", "--model", model);
    assertThat(to).doesNotExist();
  }

  @Test
  void writesInt4InOtherBlocksAndWithOtherHeads() throws IOException {
    Path target = folder.resolve("phone");
    Path rtn = folder.resolve("rtn");

    assertThat(int4(rtn)).as(console.err()).isZero();
    assertThat(int4(target, "--block-size", 32, "--asymmetric", "--head-bits", 4))
        .as(console.err())
        .isZero();
    assertThat(Files.size(target.resolve("model.onnx.data")))
        .isLessThan(Files.size(rtn.resolve("model.onnx.data")));
    assertThat(int4(target, "--algorithm", "hqq", "--accuracy-level", 0))
        .as(console.err())
        .isZero();
  }

  @Test
  void calibratesOnTheRowsThatItIsGiven() throws IOException {
    Path target = folder.resolve("phone");
    Path rows = folder.resolve("rows.jsonl");
    Files.writeString(
        rows,
        "{\"text\": \"wake me at seven in the morning\"}\n".repeat(20)
            + "{\"input_ids\": [3"
            + ", 4, 7".repeat(60)
            + "]}\n");
    Object[] gptq = {"--algorithm", "gptq", "--calibration", rows, "--check", rows};

    assertThat(int4(target, gptq)).as(console.err()).isZero();
    assertThat(console.out())
        .containsPattern(
            "gptq on \\d+ tokens: error of the matrices' outputs 0.\\d+ on average, 0.\\d+ to the"
                + " nearest step");
    assertThat(QuantizationFile.read(target).orElseThrow().path("calibration_tokens").intValue())
        .isGreaterThan(200);
    assertThat(console.run("verify", target)).as(console.err()).isZero();

    assertThat(
            int4(
                target,
                "--algorithm",
                "gptq",
                "--calibration",
                rows,
                "--calibration-tokens",
                100,
                "--no-act-order",
                "--percdamp",
                0.1,
                "--asymmetric"))
        .as(console.err())
        .isZero();
    assertThat(QuantizationFile.read(target).orElseThrow().path("calibration_tokens").intValue())
        .isEqualTo(100);
    assertThat(int4(target, "--calibration", rows, "--max-kl", 1)).as(console.err()).isZero();
    assertThat(console.out())
        .containsPattern(
            "8 bits in \\d of 2 layers: KL divergence of the layers in sum \\d.\\d\\de");
    assertRefused(
        "target_mb 0.001: with 4 bits in every layer the package takes about 0.",
        "--model",
        model,
        "--to",
        target,
        "--precision",
        "int4",
        "--calibration",
        rows,
        "--target-mb",
        0.001);
    assertRefused(
        " tokens to calibrate on, expected at least 5000;",
        "--model",
        model,
        "--to",
        target,
        "--precision",
        "int4",
        "--algorithm",
        "gptq",
        "--calibration",
        rows,
        "--calibration-tokens",
        5000);
    Files.writeString(rows, "\n");
    assertRefused(
        rows + ": 0 tokens to calibrate on, expected at least 1",
        "--model",
        model,
        "--to",
        target,
        "--precision",
        "int4",
        "--algorithm",
        "gptq",
        "--calibration",
        rows);
  }

  private int int4(Path target, Object... more) {
    Stream<Object> first = Stream.of("--model", model, "--to", target, "--precision", "int4");
    return export(Stream.concat(first, Stream.of(more)).toArray());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "int4 | block-size | 48 | --block-size '48', expected one of 32, 64, 128",
        "int4 | head-bits | 6 | --head-bits '6', expected one of 8, 4",
        "int4 | accuracy-level | 2 | --accuracy-level '2', expected one of 4, 0",
        "int4 | algorithm | awq | --algorithm 'awq', expected one of rtn, hqq, gptq",
        "int4 | algorithm | gptq | --algorithm gptq needs --calibration FILE.jsonl",
        "int4 | percdamp | 0.1 | --percdamp belongs to --algorithm gptq",
        "int4 | calibration | rows.jsonl | --calibration belongs to --precision int8_static, and in",
        "int8 | calibration-tokens | 9 | --calibration-tokens belongs to --precision int8_static",
        "int4 | smooth-quant | 0.5 | --smooth-quant belongs to --precision int8_static",
        "int4 | max-kl | 0.1 | --max-kl needs --calibration FILE.jsonl",
        "int8 | block-size | 32 | --block-size belongs to --precision int4"
      })
  void refusesWhatNoKernelCanDo(String precision, String option, String value, String message)
      throws IOException {
    Path to = folder.resolve("phone");

    assertRefused(
        message, "--model", model, "--to", to, "--precision", precision, "--" + option, value);
    assertThat(to).doesNotExist();
  }

  @Test
  void settlesRangesOfActivationsOnTheRowsThatItIsGiven() throws IOException {
    Path rows = Files.writeString(folder.resolve("rows.jsonl"), "{\"text\": \"wake me\"}\n");
    Path target = folder.resolve("phone");
    Object[] known = {"--model", model, "--to", target, "--precision", "int8_static"};

    assertRefused("--precision int8_static needs --calibration FILE.jsonl", known);
    Object[] calibrated = join(known, "--calibration", rows);
    assertRefused(" tokens to calibrate on, expected at least 64; give more rows", calibrated);

    SplittableRandom random = new SplittableRandom(4);
    Files.write(
        rows,
        Stream.generate(() -> random.ints(60, 0, 260).boxed().toList())
            .limit(20)
            .map(ids -> "{\"input_ids\": " + ids + "}")
            .toList());
    assertThat(export(join(calibrated, "--graph", "plain"))).as(console.err()).isZero();
    assertThat(target.resolve("onnx/model_int8.onnx")).exists();
    Object[] options = {
      "--calibration-method",
      "percentile",
      "--percentile",
      99.5,
      "--calibration-tokens",
      1100,
      "--smooth-quant",
      0.5
    };
    assertThat(export(join(calibrated, options))).as(console.err()).isZero();
    assertThat(PackageManifest.read(target).provenance())
        .containsEntry("calibration", "percentile 99.5")
        .containsEntry("calibration_tokens", "1100")
        .containsEntry("smooth_quant", "0.5");

    assertRefused("--smooth-quant '2', expected", join(calibrated, "--smooth-quant", 2));
    assertRefused("--percentile '3.0', expected", join(calibrated, "--percentile", 3));
    assertRefused(
        " 1200 tokens to calibrate on, expected at least 5000",
        join(calibrated, "--calibration-tokens", 5000));
    assertRefused("none.jsonl", join(known, "--calibration", folder.resolve("none.jsonl")));
  }

  private static Object[] join(Object[] first, Object... more) {
    return Stream.concat(Stream.of(first), Stream.of(more)).toArray();
  }

  private void assertRefused(String message, Object... arguments) {
    assertThat(export(arguments)).isEqualTo(Main.WRONG_INPUT);
    assertThat(console.err()).contains(message).doesNotContain("\tat ");
  }
}
