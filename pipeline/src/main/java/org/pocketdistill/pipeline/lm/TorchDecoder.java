package org.pocketdistill.pipeline.lm;

import java.util.List;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.KvCache;
import org.pocketdistill.pipeline.model.RowScorer;

/** A decoder on libtorch; closes the decoder with itself. */
public final class TorchDecoder implements CausalDecoder {
  private final Decoder decoder;

  /** Scores and continues with the decoder's own weights, without adapters. */
  public TorchDecoder(Decoder decoder) {
    this.decoder = decoder;
  }

  @Override
  public int vocabSize() {
    return decoder.config().vocabSize();
  }

  @Override
  public int contextLength() {
    return decoder.config().maxPositionEmbeddings();
  }

  @Override
  public List<TokenScores> score(List<int[]> rows, int topK) {
    return tokenScores(new RowScorer(decoder, topK).score(rows));
  }

  static List<TokenScores> tokenScores(List<RowScorer.RowScore> rows) {
    return rows.stream()
        .map(row -> new TokenScores(row.logProbs(), row.topIds(), row.topLogProbs()))
        .toList();
  }

  @Override
  public float[][] logits(int[] row) {
    return new RowScorer(decoder, 0).logits(row);
  }

  @Override
  public DecodeSession start(List<int[]> prompts, int maxNewTokens) {
    int longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
    KvCache cache = decoder.newCache(prompts.size(), longest + maxNewTokens);
    try {
      return new Session(cache, cache.start(prompts));
    } catch (RuntimeException e) {
      cache.close();
      throw e;
    }
  }

  @Override
  public void close() {
    decoder.close();
  }

  private static final class Session implements DecodeSession {
    private final KvCache cache;
    private float[][] logits;

    Session(KvCache cache, float[][] logits) {
      this.cache = cache;
      this.logits = logits;
    }

    @Override
    public float[][] logits() {
      return logits;
    }

    @Override
    public void advance(int[] tokens) {
      logits = cache.advance(tokens);
    }

    @Override
    public void close() {
      cache.close();
    }
  }
}
