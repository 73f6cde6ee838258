package org.pocketdistill.pipeline.job;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pocketdistill.eval.result.ModelRole;
import org.pocketdistill.pipeline.onnx.OnnxAdapter;

/**
 * The models of a job that are measured, in the order of the report.
 *
 * @param unadapted the teacher before it was adapted to the job's rows, if it was
 */
record Measured(
    TrainedModel teacher,
    Optional<TrainedModel> unadapted,
    TrainedModel start,
    Optional<TrainedModel> control,
    TrainedModel student,
    Map<String, TrainedModel> adapters,
    Exported exported) {
  List<Candidate> candidates() {
    List<Candidate> all = new ArrayList<>();
    all.add(new Candidate(ModelRole.TEACHER, "teacher", teacher.folder(), "fp32"));
    unadapted.ifPresent(
        model ->
            all.add(new Candidate(ModelRole.TEACHER_BASE, "teacher_base", model.folder(), "fp32")));
    all.add(new Candidate(ModelRole.STUDENT_INIT, "student_init", start.folder(), "fp32"));
    control.ifPresent(
        model -> all.add(new Candidate(ModelRole.CONTROL, "control", model.folder(), "fp32")));
    all.add(new Candidate(ModelRole.DISTILLED, "distilled", student.folder(), "fp32"));
    adapters.forEach(
        (name, model) ->
            all.add(new Candidate(ModelRole.ADAPTER, "lora-" + name, model.folder(), "fp32")));
    exported
        .packages()
        .forEach(
            (onnx, folder) -> {
              String name = "onnx-" + onnx.key();
              all.add(new Candidate(ModelRole.EXPORTED, name, folder, onnx.key()));
              for (String adapter : exported.adapters()) {
                Path file = folder.resolve(OnnxAdapter.path(adapter));
                all.add(new Candidate(ModelRole.EXPORTED, name + "-" + adapter, file, onnx.key()));
              }
            });
    return all;
  }

  /** One model to measure. */
  record Candidate(ModelRole role, String name, Path folder, String precision) {}
}
