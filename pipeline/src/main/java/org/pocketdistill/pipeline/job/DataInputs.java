package org.pocketdistill.pipeline.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.cfg.EnumFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.pocketdistill.data.DatasetManifest;
import org.pocketdistill.data.SourceConfig;
import org.pocketdistill.pipeline.config.AdapterConfig;
import org.pocketdistill.pipeline.config.AdapterOptions;
import org.pocketdistill.pipeline.config.DistillConfig;
import org.pocketdistill.pipeline.config.GivenModels;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.config.StudentConfig;
import org.pocketdistill.pipeline.config.TeacherConfig;
import org.pocketdistill.pipeline.hub.LocalModel;
import org.pocketdistill.pipeline.model.StoredModel;

/** What stages depend on, as JSON trees. */
final class DataInputs {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .addModule(new Jdk8Module())
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .configure(EnumFeature.WRITE_ENUMS_TO_LOWERCASE, true)
          .build();

  private static final List<String> WITHOUT_EFFECT = List.of("logging_steps", "save_steps");

  private DataInputs() {}

  /** A part of a job as a tree, without what changes no result. */
  static ObjectNode tree(String key, Object config) {
    ObjectNode node = JSON.createObjectNode();
    node.set(key, JSON.valueToTree(config));
    node.findParents("save_steps").forEach(train -> ((ObjectNode) train).remove(WITHOUT_EFFECT));
    return node;
  }

  /**
   * Keys of the teacher stage, and SHA-256 of each file of a finished teacher. The commit of a hub
   * is not among them: one that leaves the model's files as they were changes nothing.
   */
  static ObjectNode ofTeacher(TeacherConfig teacher, Optional<LocalModel> given)
      throws IOException {
    ObjectNode inputs = tree("teacher", teacher);
    if (given.isPresent()) {
      hash(given.get(), file -> true, inputs.putObject("teacher_files"));
    }
    return inputs;
  }

  /** Keys of the student stage, and SHA-256 of each file of a given student. */
  static ObjectNode ofStudent(StudentConfig student, Optional<LocalModel> given)
      throws IOException {
    ObjectNode inputs = tree("student", student);
    if (given.isPresent()) {
      hash(given.get(), file -> true, inputs.putObject("student_files"));
    }
    return inputs;
  }

  /** Keys of the stage that distils; whether there is a control and where a cache lies is none. */
  static ObjectNode ofDistill(DistillConfig config) {
    ObjectNode inputs = tree("distill", config);
    ObjectNode distill = (ObjectNode) inputs.get("distill");
    distill.remove("control");
    if (config.cache().isPresent()) {
      ((ObjectNode) distill.get("cache")).remove("dir");
    } else {
      // As in runs from before there were caches.
      distill.remove("cache");
    }
    return inputs;
  }

  private static void hash(LocalModel model, Predicate<Path> wanted, ObjectNode hashes)
      throws IOException {
    for (Path file : model.files()) {
      // A model of one file has its tokenizer in it.
      if (file.equals(model.path()) || wanted.test(file)) {
        Optional<String> known = model.knownSha256(file);
        String hash = known.isPresent() ? known.get() : DatasetManifest.of(file, 0, 0).sha256();
        hashes.put(file.getFileName().toString(), hash);
      }
    }
  }

  /** Keys of the data stage and SHA-256 of each file that it reads. */
  static ObjectNode of(JobConfig job, GivenModels given, Function<SourceConfig, Path> resolve)
      throws IOException {
    ObjectNode inputs = tree("data", job.data());
    ((ObjectNode) inputs.get("data")).remove("dir");
    inputs.setAll(tree("tokenizer", job.tokenizer()));
    inputs.setAll(tree("teacher.path", job.teacher().path()));
    if (job.student().path().isPresent()) {
      inputs.setAll(tree("student.path", job.student().path()));
    }
    Optional<LocalModel> tokenizerSource = given.tokenizerSource();
    if (tokenizerSource.isPresent()) {
      hash(tokenizerSource.get(), ModelFolders::isTokenizer, inputs.putObject("given_tokenizer"));
      inputs.put(
          "given_vocab_size", StoredModel.open(tokenizerSource.get().path()).config().vocabSize());
    }
    inputs.put("context_length", ModelFolders.contextLength(job));
    inputs.put("seed", job.seed());
    List<SourceConfig> sources = new ArrayList<>(job.data().train());
    sources.addAll(job.data().dev());
    job.data().test().values().forEach(sources::addAll);
    for (AdapterConfig adapter : job.lora()) {
      List<SourceConfig> own = adapter.options().data();
      inputs.setAll(tree("lora." + adapter.name() + ".data", own));
      sources.addAll(own);
    }
    List<SourceConfig> ofTeacher = job.teacher().lora().map(AdapterOptions::data).orElse(List.of());
    if (!ofTeacher.isEmpty()) {
      inputs.setAll(tree("teacher.lora.data", ofTeacher));
      sources.addAll(ofTeacher);
    }
    ObjectNode hashes = inputs.putObject("files");
    for (SourceConfig source : sources) {
      if (!hashes.has(source.path())) {
        hashes.put(source.path(), DatasetManifest.of(resolve.apply(source), 0, 0).sha256());
      }
    }
    return inputs;
  }
}
