package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.util.List;
import org.apache.commons.cli.Option;
import org.pocketdistill.pipeline.lm.LanguageModelFolder;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** Options that every command on a model has. */
final class ModelOptions {
  static final String MODEL = "model";
  static final String DTYPE = "dtype";

  private ModelOptions() {}

  static Option model() {
    return Arguments.value(
        MODEL, "PATH", "a Hugging Face folder, a GGUF file or an exported ONNX package");
  }

  static Option dtype() {
    return Arguments.value(
        DTYPE,
        "TYPE",
        "matrix products of a folder or GGUF file: fp32 (default) or bf16; a package has its own");
  }

  static LanguageModelFolder folder(OptionValues options) throws IOException {
    return new LanguageModelFolder(options.path(MODEL));
  }

  static ComputeDtype dtype(OptionValues options, LanguageModelFolder folder) {
    if (folder.isOnnx() && options.has(DTYPE)) {
      throw options.refused(
          "--dtype belongs to folders and GGUF files, --model is an ONNX package");
    }
    return options.choice(DTYPE, List.of(ComputeDtype.values()), ComputeDtype.FP32);
  }
}
