package org.pocketdistill.pipeline.lm;

import java.util.List;
import org.pocketdistill.pipeline.model.RowScorer;
import org.pocketdistill.pipeline.model.StreamedDecoder;

/** A model that is read from disk layer by layer, once for many rows. */
public record StreamedScorer(StreamedDecoder decoder) implements CausalScorer {
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
    return TorchDecoder.tokenScores(new RowScorer(decoder, topK).score(rows));
  }

  @Override
  public void close() {
    decoder.close();
  }
}
