package org.pocketdistill.pipeline.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.cli.Option;
import org.pocketdistill.pipeline.lm.ExportCheck;
import org.pocketdistill.pipeline.lm.ExportCheck.Tolerance;
import org.pocketdistill.pipeline.lm.OrtDecoder;
import org.pocketdistill.pipeline.lm.TorchDecoder;
import org.pocketdistill.pipeline.lora.LoraAdapter;
import org.pocketdistill.pipeline.lora.PeftFolder;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.onnx.OnnxAdapter;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** Adapters that a package is to be written with, by name: PEFT folders. */
record AdapterOptions(Map<String, Path> folders) {
  static final String ADAPTER = "adapter";
  private static final Pattern FORM = Pattern.compile("([A-Za-z0-9][A-Za-z0-9_-]{0,99})=(.+)");

  static Option option() {
    return Arguments.value(
        ADAPTER,
        "NAME=DIR",
        "onnx: a PEFT folder of the model, as adapters/NAME.onnx_adapter, to be switched on at run"
            + " time; repeat it for several");
  }

  /** What the options say. */
  static AdapterOptions read(OptionValues options) {
    Map<String, Path> folders = new LinkedHashMap<>();
    for (String text : options.all(ADAPTER)) {
      Matcher matcher = FORM.matcher(text);
      if (!matcher.matches()) {
        throw options.refused(
            "--%s '%s', expected NAME=DIR, NAME of letters, digits, '_' and '-'"
                .formatted(ADAPTER, text));
      }
      if (folders.put(matcher.group(1), Path.of(matcher.group(2))) != null) {
        throw options.refused("--" + ADAPTER + " " + matcher.group(1) + " is given twice");
      }
    }
    return new AdapterOptions(folders);
  }

  /** Their matrices. */
  List<OnnxAdapter> load(StoredModel model) throws IOException {
    List<OnnxAdapter> adapters = new ArrayList<>();
    for (Map.Entry<String, Path> entry : folders.entrySet()) {
      try (LoraAdapter adapter = PeftFolder.load(entry.getValue(), model.config())) {
        adapters.add(new OnnxAdapter(entry.getKey(), adapter.updates()));
      }
    }
    return adapters;
  }

  /** Compares a package with each adapter on with the model that it is merged into. */
  Map<String, ExportCheck.Result> check(
      StoredModel model, Path written, OrtDecoder decoder, List<int[]> rows, Tolerance tolerance)
      throws IOException {
    Map<String, ExportCheck.Result> results = new LinkedHashMap<>();
    for (Map.Entry<String, Path> entry : folders.entrySet()) {
      Decoder merged = model.decoder(ComputeDtype.FP32);
      try (TorchDecoder reference = new TorchDecoder(merged);
          LoraAdapter adapter = PeftFolder.load(entry.getValue(), model.config())) {
        adapter.mergeInto(merged.weights());
        decoder.use(Optional.of(written.resolve(OnnxAdapter.path(entry.getKey()))));
        results.put(entry.getKey(), ExportCheck.run(reference, decoder, rows, tolerance));
      }
    }
    return results;
  }
}
