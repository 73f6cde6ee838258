package org.pocketdistill.pipeline.lm;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.pocketdistill.pipeline.Checkpoints;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;

/** Answers with the logits that transformers gave for the rows of a golden file, and no others. */
final class GoldenDecoder implements CausalDecoder {
  private final List<int[]> rows = new ArrayList<>();
  private final List<float[][]> logits = new ArrayList<>();
  private final int[] greedyPrompt;
  private final int[] greedyOutput;

  GoldenDecoder(String checkpoint) throws IOException {
    Path file = Checkpoints.folder(checkpoint).resolve("golden.safetensors");
    SafetensorsFile golden = SafetensorsFile.open(file);
    int length = Math.toIntExact(golden.info("input_ids").shape().get(1));
    long[] ids = golden.longs("input_ids");
    long[] mask = golden.longs("attention_mask");
    float[] all = golden.floats("logits");
    int vocabSize = all.length / ids.length;
    for (int start = 0; start < ids.length; start += length) {
      int used = (int) Arrays.stream(mask, start, start + length).sum();
      rows.add(ints(Arrays.copyOfRange(ids, start, start + used)));
      float[][] row = new float[used][];
      for (int i = 0; i < used; i++) {
        int from = (start + i) * vocabSize;
        row[i] = Arrays.copyOfRange(all, from, from + vocabSize);
      }
      logits.add(row);
    }
    greedyPrompt = ints(golden.longs("greedy.input_ids"));
    greedyOutput = ints(golden.longs("greedy.output_ids"));
  }

  private static int[] ints(long[] values) {
    return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
  }

  /** The rows without their padding. */
  List<int[]> rows() {
    return rows;
  }

  int[] greedyPrompt() {
    return greedyPrompt;
  }

  /** Greedy continuation of the prompt. */
  int[] greedyOutput() {
    return greedyOutput;
  }

  @Override
  public int vocabSize() {
    return logits.get(0)[0].length;
  }

  @Override
  public int contextLength() {
    return 64;
  }

  @Override
  public float[][] logits(int[] row) {
    for (int i = 0; i < rows.size(); i++) {
      if (Arrays.equals(rows.get(i), row)) {
        return logits.get(i);
      }
    }
    throw new IllegalArgumentException("not a golden row");
  }

  @Override
  public List<TokenScores> score(List<int[]> unused, int topK) {
    throw new UnsupportedOperationException();
  }

  @Override
  public DecodeSession start(List<int[]> prompts, int maxNewTokens) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
