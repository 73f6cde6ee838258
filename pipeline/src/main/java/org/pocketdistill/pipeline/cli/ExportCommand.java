package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.config.Int8StaticConfig;
import org.pocketdistill.pipeline.config.RuntimeConfig;
import org.pocketdistill.pipeline.config.RuntimeFile;
import org.pocketdistill.pipeline.lm.CausalDecoder;
import org.pocketdistill.pipeline.lm.ExportCheck;
import org.pocketdistill.pipeline.lm.ExportCheck.Tolerance;
import org.pocketdistill.pipeline.lm.LanguageModelFolder;
import org.pocketdistill.pipeline.lm.OrtDecoder;
import org.pocketdistill.pipeline.model.HfFolder;
import org.pocketdistill.pipeline.model.NewFolder;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.onnx.GenAiConfig;
import org.pocketdistill.pipeline.onnx.GraphForm;
import org.pocketdistill.pipeline.onnx.OnnxExporter;
import org.pocketdistill.pipeline.plan.PackageFormat;
import org.pocketdistill.pipeline.safetensors.Dtype;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** {@code distill export}: a model that was made elsewhere, as ONNX, as a folder, as GGUF. */
final class ExportCommand implements Command {
  static final String TO = "to";
  private static final String FORMAT = "format";
  static final String PRECISION = "precision";
  static final String CONTEXT = "context-length";
  static final String CHECK = "check";
  static final String CHUNK = "chunk-mb";
  static final String RUNTIME = "runtime";
  private static final int LONGEST_CONTEXT = 2048;

  private final PrintStream out;

  ExportCommand(PrintStream out) {
    this.out = out;
  }

  @Override
  public String name() {
    return "export";
  }

  @Override
  public String arguments() {
    return "";
  }

  @Override
  public String summary() {
    return "packages a model as ONNX, in fp32, fp16, int8 or int4, or writes it as a Hugging Face"
        + " folder or a GGUF file";
  }

  @Override
  public List<String> description() {
    return List.of(
        "Writes a package that ONNX Runtime, and ONNX Runtime GenAI, load unchanged: model.onnx with"
            + " KV cache, its weights in model.onnx.data, genai_config.json, and the tokenizer's"
            + " files where the model has them. Models: llama, mistral, qwen2, qwen3. runtime.json"
            + " tells a device how to run it; --runtime gives another.",
        "Weights beyond --chunk-mb go on in model.onnx.data.1 and so on. ONNX has a tensor in one"
            + " file, so a tensor larger than that has a larger file for itself. manifest.json names"
            + " every file with its size, MD5 and SHA-256; see distill verify.",
        "int8 has 8-bit weights with a scale for each output channel, and quantises activations as"
            + " they come. int8_static settles the ranges of activations on the rows of"
            + " --calibration, so that nothing is measured while the model runs: for runtimes that"
            + " want QuantizeLinear and DequantizeLinear with constants. It costs more accuracy;"
            + " --smooth-quant 0.5 moves large activations into the weights. fp16 has the weights"
            + " in 16 bits; they are fp32 again in memory, and computed with as such.",
        "int4 has 4-bit weights with a scale for each block of them (MatMulNBits), and 8-bit"
            + " embedding and head, stored once where they are the same. It needs ONNX Runtime 1.23"
            + " or newer. With --algorithm gptq the rows of --calibration run through the model layer"
            + " by layer. --target-mb and --max-kl measure what each layer loses with 4 and with 8"
            + " bits, and give 8 to those that lose most. What was found stands in the package's"
            + " quantization.json.",
        "--graph plain writes the same model in standard operators, for runtimes and converters that"
            + " know no others (int4 keeps MatMulNBits and GatherBlockQuantized, as transformers.js"
            + " itself has them): the folder that transformers.js loads, onnx/model.onnx,"
            + " onnx/model_quantized.onnx or onnx/model_q4.onnx, with fp16 and int8_static"
            + " onnx/model_fp16.onnx and onnx/model_int8.onnx, with weights in *.onnx_data,"
            + " *.onnx_data_1 and so on. --static-shapes BATCHxLENGTH fixes its rows and new tokens"
            + " of one run, and its cache to one token less than --context-length.",
        "--adapter NAME=DIR adds a LoRA adapter as adapters/NAME.onnx_adapter, which ONNX Runtime"
            + " switches on at run time: one base, several uses. Eval, chat, score and bench take"
            + " that file as --model. It is compared with the model that has the adapter merged.",
        "Before the package gets its name it is run and compared with the model at every position"
            + " of the rows of --check: fp32 logits must agree within 1e-3, those of fp16 within"
            + " 0.5; int8, int8_static and int4 are refused only where they are broken (mean KL"
            + " divergence above 0.5 nats, 1 with int4, or the most probable token the same at less"
            + " than half of the positions, a quarter with int4), what they cost is printed. Real rows"
            + " say more than random tokens. An older package of that name is replaced.",
        "With --phone a package that does not fit the phone, by the estimate of distill plan, is kept"
            + " apart: its folder is called NAME.over-budget, and the exit code is 3.",
        "--format hf writes config.json, model.safetensors, the tokenizer's files and"
            + " generation_config.json instead, in fp32 or rounded to bf16: of a GGUF file, whose"
            + " quantised weights are written as the numbers that they stand for, the folder that"
            + " transformers loads.",
        "--format gguf, or a target named *.gguf, writes one file for llama.cpp, with tokenizer and"
            + " chat template, its matrices as --type says; in files of four bits the head, or the"
            + " embedding that serves as one, has q8_0. It is compared with the model where --check"
            + " gives rows.");
  }

  @Override
  public List<String> examples() {
    return List.of(
        "distill export --model runs/quickstart/04-distill/model --to phone --precision int8",
        "distill export --model DIR --to phone --context-length 1024 --check rows.jsonl",
        "distill export --model DIR --to phone --precision int4 --block-size 64 --asymmetric",
        "distill export --model DIR --to phone --precision int8_static --calibration rows.jsonl",
        "distill export --model DIR --to web --graph plain --precision int4",
        "distill export --model DIR --to phone --adapter home=ADAPTER --adapter car=ADAPTER2",
        "distill export --model DIR --to phone --precision int4 --algorithm gptq --calibration rows.jsonl",
        "distill export --model SmolLM2-135M-Instruct.Q4_1.gguf --to smollm2 --format hf",
        "distill export --model runs/quickstart/04-distill/model --to phone.gguf --type q4_0");
  }

  @Override
  public List<String> required() {
    return List.of(ModelOptions.MODEL, TO);
  }

  @Override
  public Options options() {
    Options options = new Options();
    Int4Options.all().forEach(options::addOption);
    Int8StaticOptions.all().forEach(options::addOption);
    CalibrationOptions.all().forEach(options::addOption);
    GraphOptions.all().forEach(options::addOption);
    options.addOption(AdapterOptions.option());
    PhoneOptions.all().forEach(options::addOption);
    return options
        .addOption(
            Arguments.value(
                ModelOptions.MODEL,
                "PATH",
                "a Hugging Face folder, a GGUF file, or hf://owner/name of the hub"))
        .addOption(Arguments.value(TO, "PATH", "folder of the package, or *.gguf"))
        .addOption(Arguments.value(FORMAT, "NAME", "onnx (default), hf or gguf"))
        .addOption(
            Arguments.value(GgufTarget.TYPE, "TYPE", "gguf: f16, q8_0 (default), q4_0 or q4_1"))
        .addOption(
            Arguments.value(
                PRECISION,
                "TYPE",
                "onnx: fp32, fp16, int8 (default), int8_static or int4; hf: fp32 (default) or"
                    + " bf16"))
        .addOption(
            Arguments.value(
                CONTEXT,
                "N",
                "most tokens of prompt and answer together; default 2048; never more than the"
                    + " model's own"))
        .addOption(
            Arguments.value(
                CHUNK, "N", "most megabytes (10^6 bytes) of a file of weights; default 100"))
        .addOption(
            Arguments.value(
                RUNTIME,
                "FILE",
                "runtime.json of the package (configs/schema/runtime.schema.json); default: nothing"
                    + " but defaults"))
        .addOption(
            Arguments.value(
                CHECK,
                "FILE.jsonl",
                "rows as for distill score, of which the first "
                    + CheckRows.MOST
                    + " are used; default: random tokens"));
  }

  @Override
  public int run(CommandLine line) throws IOException {
    OptionValues options = new OptionValues(this, line);
    LanguageModelFolder folder = ModelOptions.folder(options);
    if (folder.isOnnx()) {
      throw options.refused(
          "--model is an ONNX package already, expected a Hugging Face folder or a GGUF file");
    }
    Format format = format(options);
    if (format == Format.GGUF) {
      return new GgufTarget(options, folder, out).write();
    }
    if (format == Format.HF) {
      return writeFolder(options, folder.stored());
    }
    OnnxPrecision precision =
        options.choice(PRECISION, List.of(OnnxPrecision.values()), OnnxPrecision.INT8);
    Int4Config int4 = Int4Options.read(options, precision);
    Int8StaticConfig int8Static = Int8StaticOptions.read(options, precision);
    CalibrationOptions.check(options, precision, int4);
    int context =
        Math.min(
            options.whole(CONTEXT, LONGEST_CONTEXT, 2), folder.config().maxPositionEmbeddings());
    GraphForm form = GraphOptions.read(options, context);
    AdapterOptions adapters = AdapterOptions.read(options);
    PhoneGate phone =
        PhoneGate.of(options, folder.config(), new PackageFormat(precision, int4), context);
    Path target = phone.place(target(options));
    RuntimeConfig runtime = runtime(options, context);
    try (CausalDecoder reference = folder.decoder(ComputeDtype.FP32)) {
      Optional<Path> check = options.findPath(CHECK);
      int longest = runtime.sequenceLength(context);
      List<int[]> rows =
          check.isPresent()
              ? CheckRows.read(check.get(), folder.stored(), reference, longest)
              : CheckRows.random(reference, longest);
      Checked checked =
          OnnxExporter.export(
              folder.path(),
              target,
              new OnnxExporter.Options(
                  precision,
                  context,
                  Map.of(),
                  int4,
                  int8Static,
                  1_000_000L * options.whole(CHUNK, 100, 1),
                  form,
                  adapters.load(folder.stored()),
                  CalibrationOptions.read(
                      options, precision, int4, folder.stored(), reference, context),
                  runtime),
              written -> {
                try (OrtDecoder decoder = OrtDecoder.open(written)) {
                  Tolerance tolerance = Tolerance.of(precision);
                  return new Checked(
                      ExportCheck.run(reference, decoder, rows, tolerance),
                      adapters.check(folder.stored(), written, decoder, rows, tolerance));
                }
              });
      ExportSummary summary = new ExportSummary(out);
      summary.written(target, checked.base(), checked.adapters());
      summary.rounding(target);
    }
    return phone.report(out);
  }

  /** What was found of a package, and of it with each of its adapters. */
  private record Checked(ExportCheck.Result base, Map<String, ExportCheck.Result> adapters) {}

  private static RuntimeConfig runtime(OptionValues options, int context) {
    Optional<Path> file = options.findPath(RUNTIME);
    RuntimeConfig runtime = file.map(RuntimeFile::read).orElse(RuntimeConfig.DEFAULT);
    int kept = runtime.kvCacheLength().orElse(context);
    if (kept > context) {
      throw options.refused(
          "--runtime %s: kv_cache_length: %d, expected at most %d, the package's context"
              .formatted(file.orElseThrow(), kept, context));
    }
    return runtime;
  }

  /** What the model is written as. */
  private enum Format {
    ONNX,
    HF,
    GGUF
  }

  private static Format format(OptionValues options) {
    boolean file = GgufTarget.isNamed(options.path(TO).toString());
    Format format =
        options.choice(FORMAT, List.of(Format.values()), file ? Format.GGUF : Format.ONNX);
    if (format != Format.GGUF && options.has(GgufTarget.TYPE)) {
      throw options.refused("--" + GgufTarget.TYPE + " belongs to --format gguf");
    }
    return format;
  }

  private int writeFolder(OptionValues options, StoredModel model) throws IOException {
    List<String> onnxOnly =
        new ArrayList<>(List.of(CONTEXT, CHECK, CHUNK, RUNTIME, PhoneOptions.PHONE));
    onnxOnly.addAll(GraphOptions.names());
    onnxOnly.add(AdapterOptions.ADAPTER);
    onnxOnly.addAll(Int4Options.names());
    onnxOnly.addAll(Int8StaticOptions.names());
    onnxOnly.addAll(CalibrationOptions.names());
    for (String option : onnxOnly) {
      if (options.has(option)) {
        throw options.refused("--" + option + " belongs to --format onnx");
      }
    }
    ComputeDtype precision =
        options.choice(PRECISION, List.of(ComputeDtype.values()), ComputeDtype.FP32);
    Dtype dtype = precision == ComputeDtype.FP32 ? Dtype.F32 : Dtype.BF16;
    Path target = emptyTarget(options, "exists; name a folder that does not");
    NewFolder.write(
        target,
        folder -> {
          HfFolder.save(folder, model, dtype);
          return folder;
        });
    out.println("written to " + target);
    return Main.DONE;
  }

  /** Whatever has the name is replaced, so it must be a package, or nothing. */
  private static Path target(OptionValues options) throws IOException {
    Path target = options.path(TO).toAbsolutePath().normalize();
    if (Files.exists(target.resolve(GenAiConfig.FILE_NAME))) {
      return target;
    }
    return emptyTarget(options, "exists and is no ONNX package; name a folder that does not exist");
  }

  static Path emptyTarget(OptionValues options, String otherwise) throws IOException {
    Path target = options.path(TO).toAbsolutePath().normalize();
    if (Files.exists(target) && !isEmptyFolder(target)) {
      throw options.refused("--to " + target + " " + otherwise);
    }
    OutputFile.makeFolder(target.getParent() == null ? target : target.getParent());
    return target;
  }

  private static boolean isEmptyFolder(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return false;
    }
    try (Stream<Path> files = Files.list(path)) {
      return files.findAny().isEmpty();
    }
  }
}
