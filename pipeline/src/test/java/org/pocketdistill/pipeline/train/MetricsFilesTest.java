package org.pocketdistill.pipeline.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.UnknownFieldSet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a training writes for people to look at: metrics.jsonl and TensorBoard's events. */
class MetricsFilesTest {
  private static final int VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int SESSION_LOG = 7;

  @TempDir private Path folder;

  private Path metrics() {
    return folder.resolve("metrics.jsonl");
  }

  @Test
  void dropsTheLinesOfStepsThatAreDoneAgain() throws IOException {
    Files.writeString(
        metrics(),
        """
        {"step":1,"loss":3.0}
        {"step":2,"loss":2.5}
        {"step":2,"dev_loss":2.6}
        {"step":3,"loss":2.25}
        {"step":4,"lo""");

    try (MetricsFile file = new MetricsFile(metrics(), 2)) {
      assertThat(file.lastKept("loss")).isEqualTo(2.5);
      assertThat(file.lastKept("other")).isNaN();
      file.write(Map.of("step", 3));
    }

    assertThat(Files.readAllLines(metrics()))
        .containsExactly(
            "{\"step\":1,\"loss\":3.0}",
            "{\"step\":2,\"loss\":2.5}",
            "{\"step\":2,\"dev_loss\":2.6}",
            "{\"step\":3}");
  }

  @Test
  void startsAnewAtStepZero() throws IOException {
    Files.writeString(metrics(), "{\"step\":1}\n");
    new MetricsFile(metrics(), 0).close();
    assertThat(metrics()).isEmptyFile();
  }

  @Test
  void namesTheFileThatCannotBeWritten() throws IOException {
    MetricsFile file = new MetricsFile(metrics(), 0);
    file.close();
    assertThatThrownBy(() -> file.write(Map.of("step", 1)))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining(metrics() + " could not be written");
  }

  @Test
  void eventsAreFramedAsTensorBoardReadsThem() throws IOException {
    Map<String, Double> scalars = new LinkedHashMap<>();
    scalars.put("train/loss", 2.5);
    scalars.put("train/learning_rate", 1e-3);
    try (TensorBoardEvents events = new TensorBoardEvents(folder, 300)) {
      events.scalars(300, scalars);
    }

    List<UnknownFieldSet> events = read();

    assertThat(events).hasSize(3);
    assertThat(text(events.get(0), VERSION)).isEqualTo("brain.Event:2");
    assertThat(step(events.get(1))).isEqualTo(300);
    assertThat(message(events.get(1), SESSION_LOG).getField(1).getVarintList())
        .as("SessionLog.START, at which TensorBoard drops later steps of earlier files")
        .containsExactly(1L);
    assertThat(step(events.get(2))).isEqualTo(300);
    Map<String, Double> found = new LinkedHashMap<>();
    for (var bytes : message(events.get(2), SUMMARY).getField(1).getLengthDelimitedList()) {
      UnknownFieldSet value = UnknownFieldSet.parseFrom(bytes);
      int bits = value.getField(2).getFixed32List().get(0);
      found.put(text(value, 1), (double) Float.intBitsToFloat(bits));
    }
    assertThat(found.keySet()).containsExactlyElementsOf(scalars.keySet());
    scalars.forEach((tag, value) -> assertThat(found.get(tag)).isCloseTo(value, within(1e-9)));
  }

  /** The events of the only event file in the folder. */
  private List<UnknownFieldSet> read() throws IOException {
    Path file;
    try (Stream<Path> files = Files.list(folder)) {
      file =
          files
              .filter(path -> path.getFileName().toString().startsWith("events.out.tfevents."))
              .findFirst()
              .orElseThrow();
    }
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<UnknownFieldSet> events = new ArrayList<>();
    while (bytes.hasRemaining()) {
      byte[] length = new byte[Long.BYTES];
      bytes.get(length);
      assertThat(unmasked(bytes.getInt())).isEqualTo(crc(length));
      byte[] event =
          new byte[(int) ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong()];
      bytes.get(event);
      assertThat(unmasked(bytes.getInt())).isEqualTo(crc(event));
      events.add(UnknownFieldSet.parseFrom(event));
    }
    return events;
  }

  private static int crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  /** Undoes the mask of the TFRecord format. */
  private static int unmasked(int masked) {
    int rotated = masked - 0xa282ead8;
    return (rotated >>> 17) | (rotated << 15);
  }

  private static long step(UnknownFieldSet event) {
    return event.getField(2).getVarintList().get(0);
  }

  private static String text(UnknownFieldSet message, int field) {
    return message.getField(field).getLengthDelimitedList().get(0).toStringUtf8();
  }

  private static UnknownFieldSet message(UnknownFieldSet event, int field) throws IOException {
    return UnknownFieldSet.parseFrom(event.getField(field).getLengthDelimitedList().get(0));
  }
}
