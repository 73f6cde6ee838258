package org.pocketdistill.pipeline.model;

/** Lengths of the dimensions of a decoder's weights; names are those of {@code config.json}. */
public record ModelSizes(
    int vocabSize,
    int hiddenSize,
    int intermediateSize,
    int numHiddenLayers,
    int numAttentionHeads,
    int numKeyValueHeads) {
  /** These sizes with another number of layers. */
  public ModelSizes withLayers(int layers) {
    return new ModelSizes(
        vocabSize, hiddenSize, intermediateSize, layers, numAttentionHeads, numKeyValueHeads);
  }

  /** These sizes with another number of token ids. */
  public ModelSizes withVocabSize(int size) {
    return new ModelSizes(
        size, hiddenSize, intermediateSize, numHiddenLayers, numAttentionHeads, numKeyValueHeads);
  }

  @Override
  public String toString() {
    return "%d layers, hidden %d, intermediate %d, heads %d/%d, vocabulary %d"
        .formatted(
            numHiddenLayers,
            hiddenSize,
            intermediateSize,
            numAttentionHeads,
            numKeyValueHeads,
            vocabSize);
  }
}
