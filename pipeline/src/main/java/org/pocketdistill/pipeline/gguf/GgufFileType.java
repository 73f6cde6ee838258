package org.pocketdistill.pipeline.gguf;

/**
 * What the matrices of a written file are stored as, with llama.cpp's number for {@code
 * general.file_type}. Vectors (norms, biases) are F32 in every file.
 *
 * <p>The head, or an embedding that serves as head, is the last product and the most sensitive one;
 * llama-quantize gives it Q6_K in files of four bits, and Q8_0 where its rows are no multiple of
 * 256. Here it has Q8_0 always.
 */
public enum GgufFileType {
  F16(1, TensorType.F16, TensorType.F16),
  Q8_0(7, TensorType.Q8_0, TensorType.Q8_0),
  Q4_0(2, TensorType.Q4_0, TensorType.Q8_0),
  Q4_1(3, TensorType.Q4_1, TensorType.Q8_0);

  private final int code;
  private final TensorType matrices;
  private final TensorType head;

  GgufFileType(int code, TensorType matrices, TensorType head) {
    this.code = code;
    this.matrices = matrices;
    this.head = head;
  }

  /** Value of {@code general.file_type}. */
  public int code() {
    return code;
  }

  /** Type of the projections, and of an embedding that is not the head. */
  public TensorType matrices() {
    return matrices;
  }

  /** Type of the matrix that makes logits. */
  public TensorType head() {
    return head;
  }
}
