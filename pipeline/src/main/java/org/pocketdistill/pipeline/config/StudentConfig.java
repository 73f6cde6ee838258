package org.pocketdistill.pipeline.config;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Rules;

/**
 * The student before it is distilled: a model that exists, random weights, or a part of the
 * teacher. Exactly one of them.
 */
public record StudentConfig(
    @Key(
            "model (Hugging Face folder, GGUF file, or hf://owner/name of the hub) to distil into;"
                + " its tokens are among the teacher's, a teacher trained by the job takes its tokenizer over")
        Optional<String> path,
    @Key("shape of a student that starts from random weights") Optional<ModelShape> model,
    @Key("how the student is cut out of the teacher") Optional<PruneConfig> prune)
    implements Checked {

  @Override
  public List<Contradiction> contradictions() {
    long given = Stream.of(path, model, prune).filter(Optional::isPresent).count();
    return new Rules()
        .require(
            given > 0,
            "no student; give a model as 'path', a 'model' that starts from random weights, or"
                + " 'prune' to cut it out of the teacher",
            "path",
            "model",
            "prune")
        .require(
            given < 2,
            "'path', 'model' and 'prune' exclude each other; a student is loaded, starts from"
                + " random weights, or is cut out of the teacher",
            "path",
            "model",
            "prune")
        .broken();
  }
}
