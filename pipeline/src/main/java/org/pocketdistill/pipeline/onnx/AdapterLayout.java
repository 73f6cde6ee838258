package org.pocketdistill.pipeline.onnx;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pocketdistill.pipeline.model.LowRankUpdate;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.Projection;

/**
 * Inputs of a graph for adapters, as ONNX Runtime's adapter files fill them: of a projection,
 * {@code MODULE.lora_A.weight} [inputs, rank] and {@code MODULE.lora_B.weight} [rank, outputs],
 * both transposed against PEFT. Names are PEFT's, as Olive's {@code convert-adapters} writes them.
 *
 * @param heads how the graph lays heads out; empty if as the model does
 */
record AdapterLayout(ModelConfig config, Optional<HeadLayout> heads) {
  private static final String PACKED = "qkv_proj";
  private static final Map<String, Projection> BY_KEY = byKey();

  private static Map<String, Projection> byKey() {
    Map<String, Projection> projections = new java.util.HashMap<>();
    for (Projection projection : Projection.values()) {
      projections.put(projection.key(), projection);
    }
    return Map.copyOf(projections);
  }

  /** Name of the input for A. */
  static String nameOfA(String module) {
    return module + ".lora_A.weight";
  }

  /** Name of the input for B. */
  static String nameOfB(String module) {
    return module + ".lora_B.weight";
  }

  /** The modules whose outputs a matrix gives side by side, by its name: one, or q, k and v. */
  static List<String> modules(String matrix) {
    String module =
        matrix.endsWith(".weight")
            ? matrix.substring(0, matrix.length() - ".weight".length())
            : matrix;
    if (!module.endsWith("." + PACKED)) {
      return List.of(module);
    }
    String parent = module.substring(0, module.length() - PACKED.length());
    return List.of(parent + "q_proj", parent + "k_proj", parent + "v_proj");
  }

  /** Width of a module's input in the graph. */
  long inputs(String module) {
    Projection projection = projection(module);
    return width(projection.inputs(config), projection == Projection.O_PROJ);
  }

  /** Width of a module's output in the graph. */
  long outputs(String module) {
    Projection projection = projection(module);
    return width(projection.outputs(config), isOfHeads(projection));
  }

  private long width(int width, boolean ofHeads) {
    return ofHeads && heads.isPresent()
        ? (long) width / heads.get().size() * heads.get().paddedSize()
        : width;
  }

  /** Whether a projection's output is heads side by side. */
  private static boolean isOfHeads(Projection projection) {
    return projection == Projection.Q_PROJ
        || projection == Projection.K_PROJ
        || projection == Projection.V_PROJ;
  }

  private static Projection projection(String module) {
    return BY_KEY.get(module.substring(module.lastIndexOf('.') + 1));
  }

  /** The tensors of an adapter's file. */
  List<AdapterTensor> tensors(OnnxAdapter adapter) {
    List<AdapterTensor> tensors = new ArrayList<>();
    for (LowRankUpdate update : adapter.updates()) {
      Projection projection = projection(update.module());
      int rank = update.rank();
      float[] a = transposed(update.a(), rank);
      float[] b = transposed(update.b(), update.outputs());
      long inputs = inputs(update.module());
      long outputs = outputs(update.module());
      if (heads.isPresent() && projection == Projection.O_PROJ) {
        a = transposed(padded(update.a()), rank);
      }
      if (heads.isPresent() && isOfHeads(projection)) {
        b = padded(b);
      }
      tensors.add(new AdapterTensor(nameOfA(update.module()), new long[] {inputs, rank}, a));
      tensors.add(new AdapterTensor(nameOfB(update.module()), new long[] {rank, outputs}, b));
    }
    return tensors;
  }

  /** Rows of heads side by side, each head widened with zeros. */
  private float[] padded(float[] rows) {
    return heads.orElseThrow().pad(rows);
  }

  /** A matrix of {@code rows} rows, its columns as rows. */
  private static float[] transposed(float[] matrix, int rows) {
    int columns = matrix.length / rows;
    float[] result = new float[matrix.length];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        result[column * rows + row] = matrix[row * columns + column];
      }
    }
    return result;
  }
}
