package org.pocketdistill.pipeline.lm;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds one token after the other by far the most probable, whatever the prompt. */
final class ScriptedDecoder implements CausalDecoder {
  private final int vocabSize;
  private final int contextLength;
  private final int[] script;
  private int open;
  private final List<Integer> written = new ArrayList<>();

  ScriptedDecoder(int vocabSize, int contextLength, int... script) {
    this.vocabSize = vocabSize;
    this.contextLength = contextLength;
    this.script = script;
  }

  /** Sessions that are not closed yet. */
  int open() {
    return open;
  }

  /** Tokens that the first row was continued with, in all sessions. */
  int[] written() {
    return written.stream().mapToInt(Integer::intValue).toArray();
  }

  @Override
  public int vocabSize() {
    return vocabSize;
  }

  @Override
  public int contextLength() {
    return contextLength;
  }

  @Override
  public List<TokenScores> score(List<int[]> rows, int topK) {
    throw new UnsupportedOperationException("only generates");
  }

  @Override
  public DecodeSession start(List<int[]> prompts, int maxNewTokens) {
    open++;
    return new Session(prompts.size());
  }

  @Override
  public void close() {}

  private final class Session implements DecodeSession {
    private final int rows;
    private int position;

    Session(int rows) {
      this.rows = rows;
    }

    @Override
    public float[][] logits() {
      float[][] logits = new float[rows][vocabSize];
      for (float[] row : logits) {
        row[Optional.of(position).filter(p -> p < script.length).map(p -> script[p]).orElse(0)] = 9;
      }
      return logits;
    }

    @Override
    public void advance(int[] tokens) {
      position++;
      written.add(tokens[0]);
    }

    @Override
    public void close() {
      open--;
    }
  }
}
