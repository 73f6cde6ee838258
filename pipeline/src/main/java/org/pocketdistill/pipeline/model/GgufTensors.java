package org.pocketdistill.pipeline.model;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.gguf.GgufData;
import org.pocketdistill.pipeline.gguf.GgufFile;
import org.pocketdistill.pipeline.gguf.GgufRows;

/**
 * Weights in a GGUF file as Hugging Face has them.
 *
 * <p>The rotary embedding of llama.cpp's architecture llama turns neighbours (2i, 2i + 1) of a
 * head, Hugging Face's turns (i, i + d/2); so the rows of its q and k were put in another order,
 * which is undone here.
 */
final class GgufTensors implements TensorSource {
  private final GgufFile file;
  private final GgufData data;
  private final ModelConfig config;
  private final boolean reordered;
  private final Map<String, String> names = new LinkedHashMap<>();

  /**
   * The tensors of a file.
   *
   * @throws DataException if one is missing, has another shape than the metadata imply, or has no
   *     place in such a model
   */
  GgufTensors(GgufFile file, ModelConfig config) throws IOException {
    this.file = file;
    this.config = config;
    this.reordered = GgufConfig.isLlama(file);
    Map<String, Shape> layout = WeightLayout.of(config);
    for (String name : file.names()) {
      if (!name.equals(GgufNames.ROPE_FACTORS)) {
        String hfName =
            GgufNames.toHf(name).filter(layout::containsKey).orElseThrow(() -> noPlace(name));
        names.put(hfName, name);
      }
    }
    layout.forEach(this::checkShape);
    this.data = file.openData();
  }

  private DataException noPlace(String name) {
    return new DataException(
        "%s: tensor '%s' has no place in a %s model with these metadata"
            .formatted(path(), name, config.modelType().key()));
  }

  private void checkShape(String name, Shape expected) {
    List<Long> shape = shape(name);
    if (!shape.equals(Arrays.stream(expected.getShape()).boxed().toList())) {
      throw new DataException(
          "%s: tensor '%s': shape %s, expected %s by the metadata"
              .formatted(path(), stored(name), shape, expected));
    }
  }

  @Override
  public Path path() {
    return file.path();
  }

  @Override
  public List<String> names() {
    return List.copyOf(names.keySet());
  }

  @Override
  public List<Long> shape(String name) {
    return file.tensor(stored(name)).shape();
  }

  private String stored(String name) {
    String stored = names.get(name);
    if (stored == null) {
      throw new DataException("%s: tensor '%s' is missing".formatted(path(), name));
    }
    return stored;
  }

  @Override
  public Rows rows(String name) {
    boolean turned =
        name.endsWith(Projection.Q_PROJ.module() + ".weight")
            || name.endsWith(Projection.K_PROJ.module() + ".weight");
    return new GgufWeightRows(data.rows(stored(name)), reordered && turned ? config.headDim() : 0);
  }

  @Override
  public void close() throws IOException {
    data.close();
  }

  /**
   * Rows in Hugging Face's order.
   *
   * @param headDim rows of a head; 0 where the order is the same
   */
  private record GgufWeightRows(GgufRows rows, int headDim) implements Rows {
    @Override
    public void read(int row, float[] target) {
      rows.read(headDim == 0 ? row : storedRow(row), target);
    }

    private int storedRow(int row) {
      int half = headDim / 2;
      int inHead = row % headDim;
      return row - inHead + inHead % half * 2 + inHead / half;
    }

    @Override
    public Rows copy() {
      return new GgufWeightRows(rows.copy(), headDim);
    }
  }
}
