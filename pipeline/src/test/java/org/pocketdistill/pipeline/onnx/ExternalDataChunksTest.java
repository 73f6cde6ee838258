package org.pocketdistill.pipeline.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.onnx.ExternalDataFile.Region;

class ExternalDataChunksTest {
  @TempDir private Path folder;

  private List<Region> write(long chunkBytes, int... lengths) throws IOException {
    List<Region> regions = new ArrayList<>();
    try (ExternalDataChunks chunks =
        new ExternalDataChunks(folder.resolve("model.onnx.data"), chunkBytes)) {
      for (int length : lengths) {
        regions.add(chunks.write(length, sink -> sink.write(ByteBuffer.allocate(length))));
      }
    }
    return regions;
  }

  @Test
  void startsAFileWhereATensorDoesNotFit() throws IOException {
    // 5,000 begin at the page at 4,096, 100 at 9,152, so that 1,000 would end at 10,280
    assertThat(write(10_000, 4096, 5000, 100, 1000))
        .containsExactly(
            new Region("model.onnx.data", 0, 4096),
            new Region("model.onnx.data", 4096, 5000),
            new Region("model.onnx.data", 9152, 100),
            new Region("model.onnx.data.1", 0, 1000));
    assertThat(folder.resolve("model.onnx.data")).hasSize(9252);
    assertThat(folder.resolve("model.onnx.data.1")).hasSize(1000);
  }

  @Test
  void givesATensorLargerThanAChunkAFileForItself() throws IOException {
    assertThat(write(10_000, 100, 20_000, 10, 10_000))
        .containsExactly(
            new Region("model.onnx.data", 0, 100),
            new Region("model.onnx.data.1", 0, 20_000),
            new Region("model.onnx.data.2", 0, 10),
            new Region("model.onnx.data.3", 0, 10_000));
  }

  @Test
  void writesOneFileWhereAllFits() throws IOException {
    assertThat(write(10_000, 4096, 10))
        .extracting(Region::fileName)
        .containsOnly("model.onnx.data");
    assertThat(folder).isDirectoryNotContaining("glob:**.1");
  }
}
