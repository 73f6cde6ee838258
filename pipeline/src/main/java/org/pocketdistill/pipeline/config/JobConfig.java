package org.pocketdistill.pipeline.config;

import java.util.List;
import java.util.Optional;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;

/** A job: one YAML file, from teacher to phone package and report. */
public record JobConfig(
    @Key("name of the run, and of its folder under runs/") String name,
    @Key("folder of the run; default runs/NAME") Optional<String> outputDir,
    @Key(value = "seed of every random draw", defaultValue = "17", min = 0) long seed,
    @Key("rows to learn from and to measure on") DataConfig data,
    @Key(value = "the tokenizer trained on the data", defaultValue = "{}")
        TokenizerConfig tokenizer,
    @Key("the large model") TeacherConfig teacher,
    @Key("the compact model") StudentConfig student,
    @Key("how the student learns from the teacher") DistillConfig distill,
    @Key(value = "adapters trained on the distilled student", defaultValue = "[]")
        List<AdapterConfig> lora,
    @Key(value = "what is shipped", defaultValue = "{}") ExportConfig export,
    @Key(value = "what is measured", defaultValue = "{}") EvaluateConfig evaluate,
    @Key(value = "what the result must reach; exit code 3 if it does not", defaultValue = "{}")
        GatesConfig gates)
    implements Checked {

  @Override
  public List<Contradiction> contradictions() {
    return JobRules.broken(this);
  }
}
