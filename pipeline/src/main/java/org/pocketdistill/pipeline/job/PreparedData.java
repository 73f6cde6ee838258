package org.pocketdistill.pipeline.job;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the data stage leaves for the others.
 *
 * @param tokenizer folder with tokenizer.json and tokenizer_config.json
 * @param train rows to train on
 * @param dev rows to watch the loss on; may be empty
 * @param teacherTrain rows that a finished teacher is adapted to
 * @param adapterTrain rows of each adapter, by its name
 * @param sets rows to measure on, by name of the set
 * @param hash of everything it depends on
 */
record PreparedData(
    Path tokenizer,
    Path train,
    Path dev,
    Path teacherTrain,
    Map<String, Path> adapterTrain,
    Map<String, Path> sets,
    String hash) {
  /** The same rows for a model with a tokenizer of its own. */
  PreparedData withTokenizer(Path folder) {
    return new PreparedData(folder, train, dev, teacherTrain, adapterTrain, sets, hash);
  }

  /** The same with other rows to train on. */
  PreparedData withTrain(Path file) {
    return new PreparedData(tokenizer, file, dev, teacherTrain, adapterTrain, sets, hash);
  }

  /** Files that something is trained on or watched with, none twice. */
  Set<Path> trainingFiles() {
    Set<Path> files = new LinkedHashSet<>(List.of(train, dev, teacherTrain));
    files.addAll(adapterTrain.values());
    return files;
  }
}
