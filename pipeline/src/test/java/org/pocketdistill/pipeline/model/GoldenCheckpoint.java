package org.pocketdistill.pipeline.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.pocketdistill.batch.Batch;
import org.pocketdistill.batch.TokenizedExample;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** A tiny checkpoint of the test resources with the numbers transformers computes on it. */
public record GoldenCheckpoint(String name, Path folder, SafetensorsFile golden) {
  /** All checkpoints; see PROVENANCE.md beside them. */
  public static final List<String> NAMES =
      List.of(
          "llama_gqa",
          "llama3_rope",
          "llama_tied_mha",
          "qwen2",
          "qwen2_sharded",
          "qwen3",
          "mistral",
          "llama_bf16",
          "llama_linear_rope",
          "qwen2_yarn");

  public static GoldenCheckpoint open(String name) {
    try {
      return in(Path.of(GoldenCheckpoint.class.getResource("/checkpoints/" + name).toURI()));
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The checkpoint in a folder. */
  public static GoldenCheckpoint in(Path folder) {
    try {
      return new GoldenCheckpoint(
          folder.getFileName().toString(),
          folder,
          SafetensorsFile.open(folder.resolve("golden.safetensors")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Decoder decoder() {
    try {
      return HfFolder.load(folder, ComputeDtype.FP32);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The golden rows. */
  public Batch batch() {
    return batch(golden);
  }

  /** Rows of a golden file, padding at the end of row 1, labels shifted into targets. */
  public static Batch batch(SafetensorsFile golden) {
    int rows = golden.info("input_ids").shape().get(0).intValue();
    int length = golden.info("input_ids").shape().get(1).intValue();
    long[] labels = golden.longs("labels");
    long[] positions = new long[rows * length];
    long[] targets = new long[rows * length];
    Arrays.fill(targets, TokenizedExample.IGNORE_INDEX);
    int learned = 0;
    for (int i = 0; i < targets.length; i++) {
      positions[i] = i % length;
      if (i % length < length - 1 && labels[i + 1] != TokenizedExample.IGNORE_INDEX) {
        targets[i] = labels[i + 1];
        learned++;
      }
    }
    long[] ids = golden.longs("input_ids");
    long[] documents = golden.longs("attention_mask");
    return new Batch(rows, length, ids, positions, documents, targets, learned);
  }

  @Override
  public String toString() {
    return name;
  }
}
