package org.pocketdistill.data.assistant;

import java.util.List;
import org.pocketdistill.data.Example;

/**
 * The generated rows.
 *
 * @param train rows to learn from
 * @param dev rows to watch the loss on; utterances and slot combinations that train lacks
 * @param test known phrasings, and values of the lists and ranges that train draws from, in
 *     combinations that train and dev lack
 * @param hard phrasings and open slots' values that no other split has
 */
public record Splits(
    List<Example> train, List<Example> dev, List<Example> test, List<Example> hard) {
  public Splits {
    train = List.copyOf(train);
    dev = List.copyOf(dev);
    test = List.copyOf(test);
    hard = List.copyOf(hard);
  }
}
