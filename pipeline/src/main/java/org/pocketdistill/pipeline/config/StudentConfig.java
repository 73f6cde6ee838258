package org.pocketdistill.pipeline.config;

import java.util.List;
import java.util.Optional;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Rules;

/**
 * The student before it is distilled: a model that exists, or random weights. Exactly one of them.
 */
public record StudentConfig(
    @Key(
            "model (Hugging Face folder, GGUF file, or hf://owner/name of the hub) to distil into, with the same tokenizer as the teacher;"
                + " a teacher trained by the job takes its tokenizer over")
        Optional<String> path,
    @Key("shape of a student that starts from random weights") Optional<ModelShape> model)
    implements Checked {

  @Override
  public List<Contradiction> contradictions() {
    return new Rules()
        .require(
            path.isPresent() || model.isPresent(),
            "no student; give a model as 'path', or a 'model' that starts from random weights",
            "path",
            "model")
        .require(
            path.isEmpty() || model.isEmpty(),
            "'path' and 'model' exclude each other; a student is loaded or starts from random"
                + " weights",
            "path",
            "model")
        .broken();
  }
}
