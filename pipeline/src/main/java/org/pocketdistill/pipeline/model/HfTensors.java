package org.pocketdistill.pipeline.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.pocketdistill.pipeline.safetensors.SafetensorsFile;

/** Weights in safetensors. */
record HfTensors(SafetensorsFile file) implements TensorSource {
  @Override
  public Path path() {
    return file.path();
  }

  @Override
  public List<String> names() {
    return file.names();
  }

  @Override
  public List<Long> shape(String name) {
    return file.info(name).shape();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  @Override
  public Rows rows(String name) {
    return new Rows() {
      @Override
      public void read(int row, float[] target) {
        file.floats(name, (long) row * target.length, target);
      }

      @Override
      public Rows copy() {
        return this;
      }
    };
  }
}
