package org.pocketdistill.pipeline.lm;

import ai.onnxruntime.OrtEnvironment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.config.RuntimeConfig;
import org.pocketdistill.pipeline.config.RuntimeFile;
import org.pocketdistill.pipeline.onnx.GenAiConfig;

/**
 * An exported package on ONNX Runtime. Owns the session; close it. Not safe for use from several
 * threads.
 */
public final class OrtDecoder implements CausalDecoder {
  private final OrtGraph graph;
  private final int contextLength;
  private final OptionalInt promptChunk;

  private OrtDecoder(OrtGraph graph, RuntimeConfig runtime) {
    this.graph = graph;
    this.contextLength = runtime.sequenceLength(graph.config().contextLength());
    Optional<Integer> chunk = runtime.batch().promptChunkTokens();
    this.promptChunk = chunk.map(OptionalInt::of).orElseGet(OptionalInt::empty);
  }

  /**
   * Loads the package in a folder with the session options, the length and the prompt pieces of its
   * {@code runtime.json}; its thermal policy is {@link PackageDecoder}'s.
   *
   * @throws org.pocketdistill.config.ConfigException if that file is wrong
   * @throws DataException if a file is missing or ONNX Runtime refuses the graph
   */
  public static OrtDecoder open(Path folder) throws IOException {
    return open(folder, RuntimeFile.of(folder));
  }

  /**
   * Loads the package in a folder with settings of the caller.
   *
   * @throws DataException if a file is missing, ONNX Runtime refuses the graph, or the settings
   *     keep more tokens than the graph takes
   */
  static OrtDecoder open(Path folder, RuntimeConfig runtime) throws IOException {
    GenAiConfig config = GenAiConfig.read(folder);
    int kept = runtime.kvCacheLength().orElse(config.contextLength());
    if (kept > config.contextLength()) {
      throw new DataException(
          "%s: kv_cache_length: %d, expected at most %d (context_length of %s)"
              .formatted(
                  folder.resolve(RuntimeFile.FILE_NAME),
                  kept,
                  config.contextLength(),
                  GenAiConfig.FILE_NAME));
    }
    return new OrtDecoder(OrtGraph.open(folder, config, runtime), runtime);
  }

  /** What ONNX Runtime was told. */
  public SessionSettings session() {
    return graph.settings();
  }

  private OrtKvCache cache(int rows, int capacity) {
    return promptChunk.isPresent()
        ? new OrtKvCache(graph, rows, capacity, promptChunk.getAsInt())
        : new OrtKvCache(graph, rows, capacity);
  }

  /** Name and version of the runtime. */
  public static String runtime() {
    return "onnxruntime " + OrtEnvironment.getEnvironment().getVersion();
  }

  /**
   * Runs with an adapter of the package from now on.
   *
   * @param file {@code *.onnx_adapter}; empty for none
   * @throws DataException if there is no such file, or ONNX Runtime refuses it
   */
  public void use(Optional<Path> file) {
    graph.adapter().close();
    file.ifPresent(graph.adapter()::use);
  }

  OrtGraph graph() {
    return graph;
  }

  @Override
  public int vocabSize() {
    return graph.config().vocabSize();
  }

  @Override
  public int contextLength() {
    return contextLength;
  }

  @Override
  public List<TokenScores> score(List<int[]> rows, int topK) {
    int longest = checkedLongest(rows, 0);
    List<TokenScores> scores = new ArrayList<>();
    try (OrtKvCache cache = cache(1, longest)) {
      for (int[] row : rows) {
        TokenScorer scorer = new TokenScorer(row, topK);
        cache.read(0, row, (position, logits) -> scorer.add(logits));
        scores.add(scorer.scores());
      }
    }
    return scores;
  }

  @Override
  public float[][] logits(int[] row) {
    checkedLongest(List.of(row), 0);
    float[][] result = new float[row.length][];
    try (OrtKvCache cache = cache(1, row.length)) {
      cache.read(0, row, (position, logits) -> result[position] = logits.clone());
    }
    return result;
  }

  @Override
  public DecodeSession start(List<int[]> prompts, int maxNewTokens) {
    int longest = checkedLongest(prompts, maxNewTokens);
    OrtKvCache cache = cache(prompts.size(), longest + maxNewTokens);
    try {
      return new OrtDecodeSession(cache, readPrompts(cache, prompts));
    } catch (RuntimeException e) {
      cache.close();
      throw e;
    }
  }

  /** Logits after each prompt. */
  private static float[][] readPrompts(OrtKvCache cache, List<int[]> prompts) {
    float[][] logits = new float[prompts.size()][];
    for (int row = 0; row < logits.length; row++) {
      int index = row;
      int last = prompts.get(row).length - 1;
      cache.read(
          row,
          prompts.get(row),
          (position, values) -> {
            if (position == last) {
              logits[index] = values.clone();
            }
          });
    }
    return logits;
  }

  private int checkedLongest(List<int[]> rows, int newTokens) {
    int longest = 0;
    for (int[] row : rows) {
      if (row.length == 0) {
        throw new IllegalArgumentException("a row has no tokens");
      }
      longest = Math.max(longest, row.length);
    }
    if (longest + newTokens > contextLength()) {
      throw new IllegalArgumentException(
          "%d tokens and %d new ones, but the context length is %d"
              .formatted(longest, newTokens, contextLength()));
    }
    return longest;
  }

  @Override
  public void close() {
    graph.close();
  }

  /** Sequences in a cache and their next logits. */
  private static final class OrtDecodeSession implements DecodeSession {
    private final OrtKvCache cache;
    private float[][] logits;

    OrtDecodeSession(OrtKvCache cache, float[][] logits) {
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
