package org.pocketdistill.eval;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/**
 * Puts requests to a model in batches of similar length, so that little is padded; answers come
 * back in the order of the requests. The longest go first: if memory does not suffice, it shows at
 * once.
 *
 * @param size most requests of a batch
 * @param length most length of a batch of several requests
 */
record Batches(int size, long length) {
  /** Batches of any length. */
  Batches(int size) {
    this(size, Long.MAX_VALUE);
  }

  Batches {
    if (size < 1) {
      throw new IllegalArgumentException("batch size " + size + ": expected 1 or more");
    }
  }

  <Q, A> List<A> answer(
      List<Q> requests, ToIntFunction<Q> length, Function<List<Q>, List<A>> model, String what) {
    List<Integer> order =
        IntStream.range(0, requests.size())
            .boxed()
            .sorted(
                Comparator.comparingInt((Integer i) -> length.applyAsInt(requests.get(i)))
                    .reversed())
            .toList();
    List<A> answers = new ArrayList<>(Collections.nCopies(requests.size(), null));
    Progress progress = new Progress(what, requests.size());
    int start = 0;
    while (start < order.size()) {
      long longest = Math.max(1, length.applyAsInt(requests.get(order.get(start))));
      int fitting = (int) Math.max(1, Math.min(size, this.length / longest));
      List<Integer> batch = order.subList(start, Math.min(order.size(), start + fitting));
      List<A> answered = model.apply(batch.stream().map(requests::get).toList());
      if (answered.size() != batch.size()) {
        throw new IllegalStateException(
            what + ": " + answered.size() + " answers to " + batch.size() + " requests");
      }
      for (int i = 0; i < batch.size(); i++) {
        answers.set(batch.get(i), answered.get(i));
      }
      progress.add(batch.size());
      start += batch.size();
    }
    return answers;
  }
}
