package org.pocketdistill.pipeline.calibrate;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.util.List;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.pipeline.calibrate.LinearInput.Place;
import org.pocketdistill.pipeline.model.LayerStep;
import org.pocketdistill.pipeline.model.SteppedDecoder;
import org.pocketdistill.pipeline.model.StoredModel;

/** Leads tokens through a model, step by step, and shows what its matrices are given. */
record LinearInputs(StoredModel model, List<Batch> batches) {
  /** Sees an activation of one batch. */
  @FunctionalInterface
  interface Observer {
    /**
     * Looks at it.
     *
     * @param values [tokens × channels], without padding
     */
    void observe(LinearInput input, float[] values);
  }

  void forEach(Observer observer) throws IOException {
    int layers = model.config().numHiddenLayers();
    try (SteppedDecoder steps = SteppedDecoder.open(model, batches)) {
      for (int layer = 0; layer < layers; layer++) {
        for (LayerStep step : LayerStep.values()) {
          steps.advanceTo(layer, step);
          observe(new LinearInput(layer, Place.of(step)), steps.inputs(), observer);
        }
      }
      observe(new LinearInput(layers, Place.HEAD), steps.headInputs(), observer);
    }
  }

  private void observe(LinearInput input, List<NDArray> arrays, Observer observer) {
    for (int i = 0; i < arrays.size(); i++) {
      observer.observe(input, ofTokens(arrays.get(i).toFloatArray(), batches.get(i)));
    }
  }

  private static float[] ofTokens(float[] values, Batch batch) {
    long[] documents = batch.documentIds();
    int channels = values.length / documents.length;
    float[] kept = new float[Math.toIntExact(CalibrationTokens.count(batch)) * channels];
    int next = 0;
    for (int i = 0; i < documents.length; i++) {
      if (documents[i] > 0) {
        System.arraycopy(values, i * channels, kept, next, channels);
        next += channels;
      }
    }
    return kept;
  }
}
