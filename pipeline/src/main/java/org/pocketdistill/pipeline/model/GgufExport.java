package org.pocketdistill.pipeline.model;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.gguf.GgufFileType;
import org.pocketdistill.pipeline.gguf.GgufWriter;
import org.pocketdistill.pipeline.gguf.GgufWriter.RowSource;
import org.pocketdistill.pipeline.gguf.TensorType;
import org.pocketdistill.tokenize.gguf.GgufVocabulary;

/**
 * Writes a model with its tokenizer as one GGUF file, by the conventions of llama.cpp's converter:
 * vectors in F32, a tied head left out, rows of q and k of its architecture llama in the order of
 * its rotary pairs, a token for every row of the embedding. Matrices are streamed row by row.
 */
public final class GgufExport {
  private final StoredModel model;
  private final ModelConfig config;
  private final GgufFileType type;
  private final String name;

  /** Decides whether a file may be published; throws if not. */
  @FunctionalInterface
  public interface FileCheck<T> {
    /** Examines the file, which has another name yet. */
    T check(Path file) throws IOException;
  }

  private GgufExport(StoredModel model, GgufFileType type, String name) {
    this.model = model;
    this.config = model.config();
    this.type = type;
    this.name = name;
  }

  /**
   * Writes a file beside {@code target}, has it checked, and only then gives it its name. An older
   * file there is replaced; it stays if anything fails.
   *
   * @param name of the model, for people
   * @return what the check found
   * @throws DataException if the model's files do not hold, or a GGUF file of this type cannot
   *     carry its weights or its tokenizer
   * @throws IOException naming the file, for example if the disk is full
   */
  public static <T> T write(
      StoredModel model, Path target, GgufFileType type, String name, FileCheck<T> check)
      throws IOException {
    Path temporary = target.resolveSibling(target.getFileName() + ".tmp");
    try {
      new GgufExport(model, type, name).write(temporary);
      T result = check.check(temporary);
      Files.move(
          temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      return result;
    } catch (IOException e) {
      throw new IOException(target + " could not be written (" + e.getMessage() + ")", e);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private void write(Path file) throws IOException {
    GgufVocabulary vocabulary = vocabulary();
    try (TensorSource tensors = model.tensors()) {
      Map<String, Shape> layout = WeightLayout.of(config);
      refuseUnknown(tensors, layout);
      GgufModelKeys metadata = new GgufModelKeys(model.path(), config, vocabulary);
      GgufWriter writer = new GgufWriter(model.path().toString(), metadata.keys(name, type));
      if (config.ropeScaling() instanceof RopeScaling.Llama3) {
        float[] factors = ropeFactors();
        writer.add(
            GgufNames.ROPE_FACTORS,
            TensorType.F32,
            List.of((long) factors.length),
            (row, target) -> System.arraycopy(factors, 0, target, 0, factors.length));
      }
      layout.forEach(
          (hfName, shape) ->
              writer.add(
                  GgufNames.ofHf(hfName),
                  typeOf(hfName, shape),
                  checkedShape(tensors, hfName, shape),
                  rows(tensors, hfName)));
      writer.write(file);
    }
  }

  /** llama.cpp wants a token for each row of the embedding. */
  private GgufVocabulary vocabulary() throws IOException {
    GgufVocabulary vocabulary = model.ggufVocabulary();
    if (vocabulary.tokens().size() > config.vocabSize()) {
      throw new DataException(
          "%s: a tokenizer of %d ids, expected at most %d, the rows of the embedding"
              .formatted(model.path(), vocabulary.tokens().size(), config.vocabSize()));
    }
    return vocabulary.padded(config.vocabSize());
  }

  /** Weights that would be left out change what the model computes elsewhere: better refused. */
  private void refuseUnknown(TensorSource tensors, Map<String, Shape> layout) {
    for (String tensor : tensors.names()) {
      boolean harmless = tensor.endsWith("rotary_emb.inv_freq") || tensor.equals(WeightLayout.HEAD);
      if (!layout.containsKey(tensor) && !harmless) {
        throw new DataException(
            "%s: tensor '%s' has no place in a %s model with this configuration"
                .formatted(model.path(), tensor, config.modelType().key()));
      }
    }
  }

  private List<Long> checkedShape(TensorSource tensors, String tensor, Shape expected) {
    List<Long> shape = Arrays.stream(expected.getShape()).boxed().toList();
    if (!tensors.shape(tensor).equals(shape)) {
      throw new DataException(
          "%s: tensor '%s': shape %s, expected %s by the configuration"
              .formatted(model.path(), tensor, tensors.shape(tensor), shape));
    }
    return shape;
  }

  private TensorType typeOf(String tensor, Shape shape) {
    if (shape.dimension() == 1) {
      return TensorType.F32;
    }
    String head = config.tieWordEmbeddings() ? WeightLayout.EMBEDDING : WeightLayout.HEAD;
    return tensor.equals(head) ? type.head() : type.matrices();
  }

  private RowSource rows(TensorSource tensors, String tensor) {
    boolean turned =
        tensor.endsWith(Projection.Q_PROJ.module() + ".weight")
            || tensor.endsWith(Projection.K_PROJ.module() + ".weight");
    boolean reordered = turned && GgufModelKeys.isLlama(config);
    return new RowSource() {
      private TensorSource.Rows rows;

      @Override
      public void read(int row, float[] target) {
        if (rows == null) {
          rows = tensors.rows(tensor);
        }
        rows.read(reordered ? originalRow(row) : row, target);
      }
    };
  }

  /** Rows (i, i + d/2) of a head, which the rotary embedding turns together, become neighbours. */
  private int originalRow(int row) {
    int headDim = config.headDim();
    int inHead = row % headDim;
    return row - inHead + inHead % 2 * (headDim / 2) + inHead / 2;
  }

  /** What each frequency is divided by; llama.cpp has no other word for Llama 3.1's scaling. */
  private float[] ropeFactors() {
    double[] plain = RotaryTables.plainFrequencies(config.headDim(), config.ropeTheta());
    double[] scaled = new RotaryTables(config).inverseFrequencies();
    float[] factors = new float[plain.length];
    for (int i = 0; i < factors.length; i++) {
      factors[i] = (float) (plain[i] / scaled[i]);
    }
    return factors;
  }
}
