package org.pocketdistill.pipeline.calibrate;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pocketdistill.pipeline.model.LayerStep;
import org.pocketdistill.pipeline.model.Projection;

/**
 * Which projections of which layer a matrix holds, one below the other.
 *
 * @param projections one; or q, k and v
 */
public record MatrixPlace(int layer, LayerStep step, List<Projection> projections) {
  private static final Pattern NAME =
      Pattern.compile("model\\.layers\\.(\\d+)\\.(?:self_attn|mlp)\\.(\\w+_proj)(?:\\.weight)?");

  /** By its name; the packed one ends in {@code self_attn.qkv_proj}. */
  public static MatrixPlace of(String matrix) {
    Matcher name = NAME.matcher(matrix);
    if (!name.matches()) {
      throw new IllegalArgumentException("no matrix of a layer: " + matrix);
    }
    int layer = Integer.parseInt(name.group(1));
    if (name.group(2).equals("qkv_proj")) {
      return new MatrixPlace(layer, LayerStep.QKV, LayerStep.QKV.projections());
    }
    for (Projection projection : Projection.values()) {
      if (projection.key().equals(name.group(2))) {
        return new MatrixPlace(layer, LayerStep.of(projection), List.of(projection));
      }
    }
    throw new IllegalArgumentException("no matrix of a layer: " + matrix);
  }
}
