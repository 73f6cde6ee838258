package org.pocketdistill.pipeline.onnx;

/** Names of the cache's inputs and outputs, as ONNX Runtime GenAI's configuration has them. */
public final class KvNames {
  /** Pattern of the inputs with earlier keys. */
  static final String PAST_KEY = "past_key_values.%d.key";

  /** Pattern of the inputs with earlier values. */
  static final String PAST_VALUE = "past_key_values.%d.value";

  /** Pattern of the outputs with all keys. */
  static final String PRESENT_KEY = "present.%d.key";

  /** Pattern of the outputs with all values. */
  static final String PRESENT_VALUE = "present.%d.value";

  private KvNames() {}

  /** Input with a layer's earlier keys. */
  public static String pastKey(int layer) {
    return PAST_KEY.formatted(layer);
  }

  /** Input with a layer's earlier values. */
  public static String pastValue(int layer) {
    return PAST_VALUE.formatted(layer);
  }

  /** Output with all keys of a layer. */
  public static String presentKey(int layer) {
    return PRESENT_KEY.formatted(layer);
  }

  /** Output with all values of a layer. */
  public static String presentValue(int layer) {
    return PRESENT_VALUE.formatted(layer);
  }

  /** Output that belongs to an input of the cache. */
  public static String present(String past) {
    return past.replace("past_key_values", "present");
  }
}
