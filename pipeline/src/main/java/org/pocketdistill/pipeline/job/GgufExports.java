package org.pocketdistill.pipeline.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.gguf.GgufFileType;
import org.pocketdistill.pipeline.lm.CausalDecoder;
import org.pocketdistill.pipeline.lm.ExportCheck;
import org.pocketdistill.pipeline.lm.ExportCheck.Tolerance;
import org.pocketdistill.pipeline.lm.LanguageModelFolder;
import org.pocketdistill.pipeline.model.GgufExport;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/**
 * The GGUF files of the student, each read back and compared with it before it gets its name.
 *
 * @param reference the student
 * @param rows on which files are compared
 */
record GgufExports(JobConfig job, TrainedModel model, CausalDecoder reference, List<int[]> rows) {
  /** Writes {@code NAME.TYPE.gguf} for each type of the job; gives what is recorded of them. */
  ObjectNode write(Path stage) throws IOException {
    ObjectNode outputs = new ObjectMapper().createObjectNode();
    StoredModel student = StoredModel.open(model.folder());
    for (GgufFileType type : job.export().gguf()) {
      Path file = stage.resolve("%s.%s.gguf".formatted(job.name(), type));
      ExportCheck.Result result = GgufExport.write(student, file, type, job.name(), this::check);
      ExportStage.log(file.getFileName().toString(), result);
      outputs.set(
          type.name().toLowerCase(Locale.ROOT),
          ExportStage.output(file.getFileName().toString(), Files.size(file), result));
    }
    return outputs;
  }

  private ExportCheck.Result check(Path written) throws IOException {
    try (CausalDecoder decoder = new LanguageModelFolder(written).decoder(ComputeDtype.FP32)) {
      return ExportCheck.run(reference, decoder, rows, Tolerance.int8());
    }
  }
}
