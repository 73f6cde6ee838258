package org.pocketdistill.pipeline.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.data.DataException;
import org.pocketdistill.pipeline.report.Training.Point;

class TrainingTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("metrics.jsonl");
  }

  private Training read(String text) throws IOException {
    Files.writeString(file, text);
    return Training.read(file, "teacher", MissingNode.getInstance());
  }

  @Test
  void crossEntropyIsPreferredAndDevLossIsApart() throws IOException {
    Training training =
        read(
            """
            {"step":1,"loss":9,"ce":3}
            {"step":2,"loss":8}
            {"step":2,"dev_loss":4}
            """);

    assertThat(training.train()).containsExactly(new Point(1, 3), new Point(2, 8));
    assertThat(training.dev()).containsExactly(new Point(2, 4));
    assertThat(training.steps()).isEqualTo(2);
    assertThat(training.lastTrainLoss()).contains(8.0);
  }

  @Test
  void aResumedTrainingCountsAsWrittenLastAndTornLinesAreSkipped() throws IOException {
    Training training =
        read(
            """
            {"step":1,"ce":3}
            {"step":2,"ce":9}
            {"step":3,"ce":9.5,"lo{"step":2,"ce":2}
            {"step":2,"ce":2}
            {"step":3,"ce":NaN}
            {"step":4,"ce":1}
            """);

    assertThat(training.train()).containsExactly(new Point(1, 3), new Point(2, 2), new Point(4, 1));
    assertThat(training.skippedLines()).isEqualTo(2);
  }

  @Test
  void longCurvesAreAveraged() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int step = 1; step <= 1000; step++) {
      lines.append("{\"step\":").append(step).append(",\"ce\":").append(step).append("}\n");
    }

    Training training = read(lines.toString());

    assertThat(training.train()).hasSize(200);
    assertThat(training.train().get(0).loss()).isCloseTo(3, within(1e-12));
    assertThat(training.lastTrainLoss().get()).isCloseTo(998, within(1e-12));
  }

  @Test
  void anEmptyFileIsATrainingWithoutSteps() throws IOException {
    assertThat(read("").lastTrainLoss()).isEmpty();
  }

  @Test
  void bytesThatAreNoTextAreNamed() throws IOException {
    Files.write(file, new byte[] {(byte) 0xff, '\n'});

    assertThatThrownBy(() -> Training.read(file, "teacher", MissingNode.getInstance()))
        .isInstanceOf(DataException.class)
        .hasMessage(file + ": not valid UTF-8");
  }
}
