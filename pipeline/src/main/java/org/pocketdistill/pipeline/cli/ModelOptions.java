package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.Option;
import org.pocketdistill.config.ConfigException;
import org.pocketdistill.pipeline.hub.Hub;
import org.pocketdistill.pipeline.hub.ModelLocation;
import org.pocketdistill.pipeline.lm.LanguageModelFolder;
import org.pocketdistill.pipeline.onnx.GenAiConfig;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** Options that every command on a model has. */
final class ModelOptions {
  static final String MODEL = "model";
  static final String PACKAGE = "package";
  static final String DTYPE = "dtype";

  /** Where a command takes either. */
  static final List<String> EITHER = List.of(MODEL, PACKAGE);

  private static final String BUDGET = "reasoning-budget";

  private ModelOptions() {}

  static Option model() {
    return Arguments.value(
        MODEL,
        "PATH",
        "a Hugging Face folder, a GGUF file, an exported ONNX package or one of its *.onnx_adapter, or"
            + " hf://owner/name of the hub");
  }

  static Option onnxPackage() {
    return Arguments.value(
        PACKAGE, "DIR", "an exported ONNX package, which is run as its runtime.json says");
  }

  static Option dtype() {
    return Arguments.value(
        DTYPE,
        "TYPE",
        "matrix products of a folder or GGUF file: fp32 (default) or bf16; a package has its own");
  }

  static Option reasoningBudget() {
    return Arguments.value(
        BUDGET,
        "N",
        "most tokens of a trace (<think>), then it is closed and the answer has its own limit; 0"
            + " closes it at once; default: trace and answer share the limit");
  }

  static Optional<Integer> reasoningBudget(OptionValues options) {
    return options.text(BUDGET).map(text -> options.whole(BUDGET, 0, 0));
  }

  static LanguageModelFolder folder(OptionValues options) throws IOException {
    if (options.has(PACKAGE)) {
      LanguageModelFolder folder = new LanguageModelFolder(options.path(PACKAGE));
      if (!folder.isOnnx()) {
        throw options.refused(
            "--package %s is no exported package, there is no %s in it; see --model"
                .formatted(options.path(PACKAGE), GenAiConfig.FILE_NAME));
      }
      return folder;
    }
    return new LanguageModelFolder(location(options).fetch(Hub.fromEnvironment()).path());
  }

  /** What {@code --model} names, which may still be far away. */
  static ModelLocation location(OptionValues options) {
    String text = options.text(MODEL).orElseThrow();
    try {
      return ModelLocation.parse(text);
    } catch (ConfigException e) {
      throw options.refused("--" + MODEL + " " + e.getMessage());
    }
  }

  static ComputeDtype dtype(OptionValues options, LanguageModelFolder folder) {
    if (folder.isOnnx() && options.has(DTYPE)) {
      throw options.refused(
          "--dtype belongs to folders and GGUF files, this model is an ONNX package");
    }
    return options.choice(DTYPE, List.of(ComputeDtype.values()), ComputeDtype.FP32);
  }
}
