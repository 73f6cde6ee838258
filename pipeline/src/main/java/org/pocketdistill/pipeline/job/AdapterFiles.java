package org.pocketdistill.pipeline.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.pocketdistill.pipeline.config.AdapterConfig;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.lm.CausalDecoder;
import org.pocketdistill.pipeline.lm.ExportCheck;
import org.pocketdistill.pipeline.lm.ExportCheck.Tolerance;
import org.pocketdistill.pipeline.lm.LanguageModelFolder;
import org.pocketdistill.pipeline.lora.LoraAdapter;
import org.pocketdistill.pipeline.lora.PeftFolder;
import org.pocketdistill.pipeline.model.ModelConfig;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.pipeline.onnx.OnnxAdapter;
import org.pocketdistill.pipeline.torch.ComputeDtype;

/**
 * The job's adapters as files beside its graphs, where it asks for them.
 *
 * @param student that they are for
 * @param stage folder that they were trained in
 */
record AdapterFiles(JobConfig job, TrainedModel student, Path stage) {
  /** Names of those that are shipped. */
  List<String> names() {
    return job.export().adapterFiles()
        ? job.lora().stream().map(AdapterConfig::name).toList()
        : List.of();
  }

  /** Their matrices. */
  List<OnnxAdapter> read() throws IOException {
    List<OnnxAdapter> adapters = new ArrayList<>();
    for (String name : names()) {
      ModelConfig config = StoredModel.open(student.folder()).config();
      try (LoraAdapter adapter = PeftFolder.load(LoraStage.peftFolder(stage, name), config)) {
        adapters.add(new OnnxAdapter(name, adapter.updates()));
      }
    }
    return adapters;
  }

  /**
   * Compares each package with each adapter switched on with the student that it is merged into.
   *
   * @return what is recorded of them, by package and adapter
   */
  ObjectNode check(Map<OnnxPackage, Path> packages, List<int[]> rows) throws IOException {
    ObjectNode outputs = new ObjectMapper().createObjectNode();
    for (String name : names()) {
      Path merged = LoraStage.mergedFolder(stage, name);
      try (CausalDecoder reference = new LanguageModelFolder(merged).decoder(ComputeDtype.FP32)) {
        for (Map.Entry<OnnxPackage, Path> entry : packages.entrySet()) {
          String key = entry.getKey().key() + "-" + name;
          Path file = entry.getValue().resolve(OnnxAdapter.path(name));
          ExportCheck.Result result = check(entry.getKey(), file, reference, rows);
          ExportStage.log(key, result);
          String shown = entry.getValue().getFileName() + "/" + OnnxAdapter.path(name);
          outputs.set(key, ExportStage.output(shown, Files.size(file), result));
        }
      }
    }
    return outputs;
  }

  private static ExportCheck.Result check(
      OnnxPackage onnx, Path file, CausalDecoder reference, List<int[]> rows) throws IOException {
    try (CausalDecoder decoder = new LanguageModelFolder(file).decoder(ComputeDtype.FP32)) {
      return ExportCheck.run(reference, decoder, rows, Tolerance.of(onnx.precision()));
    }
  }
}
