package org.pocketdistill.pipeline.config;

import java.util.Optional;
import org.pocketdistill.config.Key;

/** The teacher: a folder, or a model trained by the job from scratch. Exactly one of them. */
public record TeacherConfig(
    @Key("Hugging Face folder of a finished teacher, with its tokenizer") Optional<String> path,
    @Key("shape of a teacher trained by the job") Optional<ModelShape> model,
    @Key("training of that teacher") Optional<TrainConfig> train) {}
