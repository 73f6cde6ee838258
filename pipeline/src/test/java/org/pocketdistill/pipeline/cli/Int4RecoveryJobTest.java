package org.pocketdistill.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pocketdistill.pipeline.cli.TinyJob.Outcome;
import org.pocketdistill.pipeline.config.Int4Config;
import org.pocketdistill.pipeline.config.JobFile;
import org.pocketdistill.pipeline.lm.ExportCheck;
import org.pocketdistill.pipeline.lm.OrtDecoder;
import org.pocketdistill.pipeline.lm.TorchDecoder;
import org.pocketdistill.pipeline.model.Decoder;
import org.pocketdistill.pipeline.model.HfFolder;
import org.pocketdistill.pipeline.recover.FakeQuantized;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/** A job whose int4 file is made from weights that were trained for it. */
class Int4RecoveryJobTest {
  private static final String RECOVER = "07-export/recover";
  private static final String WITHOUT_ADAPTER = "lora=[]";

  /** Everything in four bits and in the largest blocks: there has to be something to recover. */
  private static final String EXPORT =
      "export={context_length: 192, check_prompts: 8, precisions: [fp32, int4], int4: {block_size:"
          + " 128, head_bits: 4, accuracy_level: 0, recover: {train: {max_steps: 80, batch_size: 4,"
          + " learning_rate: 3e-3, save_steps: 4, precision: fp32}}}}";

  @TempDir private Path folder;

  @Test
  void losesLessThanRoundingAloneAndStoppedItGoesOnToTheSameBits() throws IOException {
    TinyJob job = TinyJob.in(folder);
    job.stopAtCheckpoint(RECOVER, WITHOUT_ADAPTER, EXPORT);
    assertThat(job.path("07-export/fp32")).doesNotExist();
    run(job, "--to", "export");
    Map<String, ByteBuffer> resumed = results(job);

    run(job, "--from", "export", "--to", "export");

    assertThat(results(job)).as("redone at one go").isEqualTo(resumed);
    JsonNode exports = job.stage("07-export").path("outputs");
    JsonNode int4 = exports.path("int4");
    double before = int4.at("/before_recovery/kl_mean").doubleValue();
    double after = int4.path("kl_mean").doubleValue();
    System.out.printf("int4: mean KL %.3g nats, with recovery %.3g%n", before, after);
    assertThat(after).as("a factor of 2.0 was seen").isPositive().isLessThan(before / 1.5);
    assertThat(exports.at("/fp32/max_abs_diff").doubleValue()).isLessThan(1e-3);
    assertThat(job.path(RECOVER + "/before-int4")).doesNotExist();
    assertThat(job.checkpoints(RECOVER)).isEmpty();
    shipsWhatWasTrained(job);
    Console console = new Console();
    assertThat(console.run("report", job.path(""))).as(console.err()).isZero();
    assertThat(Files.readString(job.path("report.md")))
        .contains("int4 without recovery, not kept", "int4 recovery");
  }

  private static void run(TinyJob job, String... range) {
    String[] keys = {"--set", WITHOUT_ADAPTER, "--set", EXPORT};
    Outcome outcome =
        job.run(Stream.concat(Stream.of(keys), Stream.of(range)).toArray(String[]::new));
    assertThat(outcome.code()).as(outcome.err()).isZero();
  }

  private static Map<String, ByteBuffer> results(TinyJob job) throws IOException {
    Map<String, ByteBuffer> results = new TreeMap<>();
    for (String file :
        List.of(RECOVER + "/model/model.safetensors", "07-export/int4/model.onnx.data")) {
      results.put(file, ByteBuffer.wrap(Files.readAllBytes(job.path(file))));
    }
    return results;
  }

  /** Activations are not rounded: what is left is the order of sums. */
  private static void shipsWhatWasTrained(TinyJob job) throws IOException {
    Int4Config int4 =
        JobFile.read(job.file(), List.of(WITHOUT_ADAPTER, EXPORT)).config().export().int4();
    List<int[]> rows = List.of(IntStream.range(0, 100).map(i -> 3 * i).toArray());
    try (Decoder decoder = HfFolder.load(job.path(RECOVER + "/model"), ComputeDtype.FP32);
        FakeQuantized rounded = FakeQuantized.of(decoder, new FakeQuantized.Settings(int4, true));
        OrtDecoder shipped = OrtDecoder.open(job.path("07-export/int4"))) {
      rounded.project();

      ExportCheck.Result result =
          ExportCheck.run(new TorchDecoder(decoder), shipped, rows, ExportCheck.Tolerance.fp32());

      assertThat(result.maxLogitDifference()).isLessThan(1e-4);
    }
  }
}
