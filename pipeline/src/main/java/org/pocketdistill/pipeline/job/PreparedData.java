package org.pocketdistill.pipeline.job;

import java.nio.file.Path;
import java.util.Map;

/**
 * What the data stage leaves for the others.
 *
 * @param tokenizer folder with tokenizer.json and tokenizer_config.json
 * @param train rows to train on
 * @param dev rows to watch the loss on; may be empty
 * @param adapterTrain rows of each adapter, by its name
 * @param sets rows to measure on, by name of the set
 * @param hash of everything it depends on
 */
record PreparedData(
    Path tokenizer,
    Path train,
    Path dev,
    Map<String, Path> adapterTrain,
    Map<String, Path> sets,
    String hash) {}
