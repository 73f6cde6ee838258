package org.pocketdistill.pipeline.config;

import java.util.List;
import java.util.Optional;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Rules;

/**
 * The teacher: a finished model, which may be adapted first, or a model trained by the job from
 * scratch. Exactly one of them.
 */
public record TeacherConfig(
    @Key(
            "finished teacher: Hugging Face folder with its tokenizer, GGUF file, or hf://owner/name of the hub")
        Optional<String> path,
    @Key("shape of a teacher trained by the job") Optional<ModelShape> model,
    @Key("training of that teacher") Optional<TrainConfig> train,
    @Key("adapts a finished teacher to the job's rows before the student learns from it")
        Optional<AdapterOptions> lora)
    implements Checked {

  @Override
  public List<Contradiction> contradictions() {
    return new Rules()
        .require(
            path.isPresent() || model.isPresent(),
            "no teacher; give a folder or GGUF file as 'path', or a 'model' to train",
            "path",
            "model")
        .require(
            path.isEmpty() || model.isEmpty(),
            "'path' and 'model' exclude each other; a teacher is loaded or trained",
            "path",
            "model")
        .require(
            model.isEmpty() || train.isPresent(),
            "a teacher built from 'model' must be trained; add 'train'",
            "model",
            "train")
        .require(
            model.isPresent() || path.isEmpty() || train.isEmpty(),
            "'train' belongs to a 'model' trained by the job; a teacher from 'path' is finished,"
                + " and can be adapted with 'lora'",
            "train",
            "model",
            "path")
        .require(
            path.isPresent() || model.isEmpty() || lora.isEmpty(),
            "'lora' adapts a finished teacher from 'path'; a 'model' is trained as a whole",
            "lora",
            "model",
            "path")
        .broken();
  }
}
