package org.pocketdistill.pipeline.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.IntPredicate;
import org.pocketdistill.pipeline.config.ExportConfig.OnnxPrecision;
import org.pocketdistill.pipeline.config.PhoneConfig;
import org.pocketdistill.pipeline.model.ModelConfig;

/**
 * What a package takes on a phone and how fast it can be there, from its shapes: the roofline of
 * Williams, Waterman and Patterson (2009) for decoding, whose bound is the memory's bandwidth.
 *
 * @param context tokens of prompt and answer together
 */
public record PhoneBudget(PhoneConfig phone, ModelBudget model, PackageFormat format, int context) {
  /**
   * Shares of the bandwidth's ceiling that published runs on phones have reached: 0.32 to 0.82,
   * most between these.
   */
  public static final double LEAST_SHARE = 0.35;

  /** The upper end of the same range. */
  public static final double LARGEST_SHARE = 0.75;

  /** ONNX Runtime's library and session; its library alone has 27 MB on arm64. An assumption. */
  private static final long RUNTIME_BYTES = 50_000_000;

  /** Logits of one run when a prompt is read in pieces, as our own runtime does. */
  private static final long PIECE_LOGITS_BYTES = 64 << 20;

  private static final int LEAST_CONTEXT = 64;
  private static final double BILLION = 1e9;
  private static final double MB = 1e6;

  /** Bytes of the package's files. */
  public long packageBytes() {
    return format.weightBytes(model) + model.besideWeights(context);
  }

  /** Bytes of keys and values of a full context, in fp32. */
  public long kvCacheBytes() {
    return model.kvCacheBytes(context);
  }

  /** Bytes of the values between the operators while a piece of a prompt is read. */
  public long arenaBytes() {
    return arenaBytes(model, context);
  }

  private static long arenaBytes(ModelBudget model, int context) {
    long logits = (long) Float.BYTES * model.config().vocabSize();
    long tokens = Math.max(1, Math.min(context, PIECE_LOGITS_BYTES / logits));
    return tokens * logits + model.passingBytes(tokens, context);
  }

  /** Peak memory: the whole package, the cache, the arena and the runtime. */
  public long memoryBytes() {
    return memoryBytes(model, packageBytes() + format.widenedBytes(model), context);
  }

  /** Peak memory, on whatever phone, of a package that has this size in memory. */
  public static long memoryBytes(ModelBudget model, long packageBytes, int context) {
    long cache = model.kvCacheBytes(context);
    return packageBytes + cache + arenaBytes(model, context) + RUNTIME_BYTES;
  }

  /**
   * Most tokens per second that the bandwidth allows: every step reads the weights and the keys and
   * values of the context.
   *
   * @param cached tokens in the cache
   */
  public double decodeCeiling(int cached) {
    long read = format.bytesPerToken(model) + model.kvCacheBytes(cached);
    return phone.bandwidthGbS() * BILLION / read;
  }

  /**
   * Seconds from a prompt to the first token: two operations for each weight of the layers and the
   * head and each token, those of the attention, and a decoding step.
   */
  public double firstTokenSeconds(int prompt) {
    ModelConfig config = model.config();
    double queries = (double) config.numAttentionHeads() * config.headDim();
    double weights =
        (double) config.numHiddenLayers() * model.layerMatrices()
            + (double) config.vocabSize() * config.hiddenSize();
    // A query meets half of the prompt on average, for its scores and for its values.
    double attention = config.numHiddenLayers() * queries * prompt;
    double operations = 2 * prompt * (weights + attention);
    double rate = format.isFloat() ? phone.fp32Gflops() : phone.int8Gops();
    double share = (LEAST_SHARE + LARGEST_SHARE) / 2;
    return operations / (rate * BILLION) + 1 / (share * decodeCeiling(prompt));
  }

  /** Whether memory and storage are enough. */
  public boolean fits() {
    return memoryBytes() <= phone.ramMb() * MB && packageBytes() <= phone.storageMb() * MB;
  }

  /**
   * What would make it fit, each by itself: fewer bits, fewer layers, a shorter context. Where none
   * of them is enough, the fewest bits with fewer layers; empty if not even a layer of those fits.
   */
  public List<String> remedies() {
    List<String> remedies = new ArrayList<>();
    format.smaller().stream()
        .filter(other -> with(other).fits())
        .findFirst()
        .ifPresent(other -> remedies.add(other.key()));
    int layers = model.config().numHiddenLayers();
    largest(1, layers - 1, n -> withLayers(n).fits())
        .ifPresent(n -> remedies.add(n + " of " + layers + " layers"));
    largest(LEAST_CONTEXT, context - 1, n -> withContext(n).fits())
        .ifPresent(n -> remedies.add("a context of " + n));
    PackageFormat smallest = new PackageFormat(OnnxPrecision.INT4, format.int4());
    if (remedies.isEmpty() && !format.equals(smallest)) {
      largest(1, layers - 1, n -> with(smallest).withLayers(n).fits())
          .ifPresent(n -> remedies.add(smallest.key() + " and " + n + " of " + layers + " layers"));
    }
    return remedies;
  }

  private PhoneBudget with(PackageFormat other) {
    return new PhoneBudget(phone, model, other, context);
  }

  private PhoneBudget withLayers(int layers) {
    return new PhoneBudget(phone, model.withLayers(layers), format, context);
  }

  private PhoneBudget withContext(int tokens) {
    return new PhoneBudget(phone, model, format, tokens);
  }

  /** The largest number that passes, where all smaller ones do. */
  private static OptionalInt largest(int least, int most, IntPredicate passes) {
    if (most < least || !passes.test(least)) {
      return OptionalInt.empty();
    }
    int low = least;
    int high = most;
    while (low < high) {
      int middle = (int) (((long) low + high + 1) / 2);
      if (passes.test(middle)) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return OptionalInt.of(low);
  }
}
