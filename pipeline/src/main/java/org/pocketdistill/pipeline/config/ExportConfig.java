package org.pocketdistill.pipeline.config;

import java.util.List;
import java.util.Optional;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Rules;

/** What is shipped. */
public record ExportConfig(
    @Key(value = "files to write", defaultValue = "[fp32, int8]") List<OnnxPrecision> precisions,
    @Key("adapter merged into the exported student; default none") Optional<String> mergeAdapter,
    @Key(value = "longest sequence of the package", defaultValue = "512", min = 16)
        int contextLength,
    @Key(value = "evaluation prompts on which the files are checked", defaultValue = "32", min = 1)
        int checkPrompts,
    @Key(value = "of the int4 file", defaultValue = "{}") Int4Config int4)
    implements Checked {

  @Override
  public List<Contradiction> contradictions() {
    return new Rules().requireDistinct(precisions, "precisions").broken();
  }

  /** Precision of an exported file. */
  public enum OnnxPrecision {
    FP32,
    INT8,
    INT4
  }
}
