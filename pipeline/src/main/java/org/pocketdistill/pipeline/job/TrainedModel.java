package org.pocketdistill.pipeline.job;

import java.nio.file.Path;

/**
 * A model that a stage left.
 *
 * @param folder Hugging Face folder with tokenizer
 * @param hash of everything it depends on
 */
record TrainedModel(Path folder, String hash) {}
