package org.pocketdistill.pipeline.job;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.pocketdistill.pipeline.config.ExportConfig;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.onnx.GraphForm;

/** An ONNX package of a job. */
record OnnxPackage(OnnxPrecision precision, GraphForm form) {
  /** Those that a job asks for. */
  static List<OnnxPackage> of(ExportConfig config) {
    List<OnnxPackage> packages = new ArrayList<>();
    config.precisions().forEach(p -> packages.add(new OnnxPackage(p, new GraphForm.GenAi())));
    GraphForm plain = new GraphForm.Plain(config.staticShapes());
    config.plain().forEach(p -> packages.add(new OnnxPackage(p, plain)));
    return packages;
  }

  /** Name of its folder, and of what is recorded of it. */
  String key() {
    String precision = precision().name().toLowerCase(Locale.ROOT);
    return form instanceof GraphForm.Plain ? "plain-" + precision : precision;
  }
}
