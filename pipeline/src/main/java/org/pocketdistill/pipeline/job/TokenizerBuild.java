package org.pocketdistill.pipeline.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.pocketdistill.batch.MaskAudit;
import org.pocketdistill.batch.TokenizedRows;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.ExampleReader;
import org.pocketdistill.data.JsonlSource;
import org.pocketdistill.data.Message;
import org.pocketdistill.data.ReasoningTags;
import org.pocketdistill.pipeline.config.GivenModels;
import org.pocketdistill.pipeline.config.JobConfig;
import org.pocketdistill.pipeline.hub.LocalModel;
import org.pocketdistill.pipeline.model.StoredModel;
import org.pocketdistill.tokenize.ByteLevelBpeTrainer;
import org.pocketdistill.tokenize.ChatMl;
import org.pocketdistill.tokenize.TokenizerFolder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The tokenizer of a job: trained on its training rows, or taken from a given model. */
final class TokenizerBuild {
  private static final Logger LOG = LoggerFactory.getLogger("data");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final JobConfig job;
  private final PreparedData paths;
  private final GivenModels given;
  private final Set<String> answered;

  /**
   * The tokenizer of a job.
   *
   * @param answered evaluation sets whose rows have to fit the context whole
   */
  TokenizerBuild(JobConfig job, PreparedData paths, GivenModels given, Set<String> answered) {
    this.answered = answered;
    this.job = job;
    this.paths = paths;
    this.given = given;
  }

  /** Writes the tokenizer and counts what each training set teaches with it. */
  ObjectNode run() throws IOException {
    Optional<LocalModel> source = given.tokenizerSource();
    if (source.isPresent()) {
      StoredModel.open(source.get().path()).writeTokenizer(paths.tokenizer());
    } else {
      train();
    }
    ObjectNode audits = JSON.createObjectNode();
    for (Path file : trainingFiles()) {
      MaskAudit audit = new TokenRows(job, paths).read(file).audit();
      LOG.info("{}: {}", file.getFileName(), audit.summary());
      if (audit.tracesLeftOut() > 0) {
        LOG.warn(
            "{}: the chat template writes nothing of the traces of {} rows, so they are not learned",
            file.getFileName(),
            audit.tracesLeftOut());
      }
      audits.set(file.getFileName().toString(), JSON.valueToTree(audit));
      requireRows(file, audit);
    }
    answered.forEach(this::requireRoom);
    return audits;
  }

  private void requireRows(Path file, MaskAudit audit) {
    if (audit.rows() == 0) {
      throw new DataException(
          "%s: no row is left to train on: %d are longer than data.max_seq_len %d"
              .formatted(
                  file.getFileName(),
                  audit.dropped() + audit.droppedUnlearned(),
                  job.data().maxSeqLen()));
    }
  }

  /** Found out now, and not when the trained models are measured. */
  private void requireRoom(String set) {
    TokenizedRows rows = new TokenRows(job, paths).whole(paths.sets().get(set));
    int room = job.export().contextLength();
    for (int i = 0; i < rows.size(); i++) {
      if (rows.length(i) > room) {
        throw new DataException(
            "evaluation set '%s': row %s has %d tokens, more than export.context_length %d; shorten or remove it, or raise export.context_length"
                .formatted(set, rows.get(i).id(), rows.length(i), room));
      }
    }
  }

  private void train() throws IOException {
    ByteLevelBpeTrainer trainer =
        new ByteLevelBpeTrainer(job.tokenizer().vocabSize(), job.tokenizer().preTokenizer());
    for (Path file : trainingFiles()) {
      try (ExampleReader rows = JsonlSource.prepared(file).open()) {
        while (rows.hasNext()) {
          Example row = rows.next();
          trainer.add(row.text());
          row.messages().stream().map(TokenizerBuild::said).forEach(trainer::add);
        }
      }
    }
    TokenizerFolder.write(
        paths.tokenizer(), trainer.train(), new ChatMl(), ModelFolders.contextLength(job));
  }

  /** With the tags of a trace, which the model writes, too. */
  private static String said(Message message) {
    return message.reasoning().isEmpty()
        ? message.content()
        : ReasoningTags.THINK.block(message.reasoning()) + message.content();
  }

  private Set<Path> trainingFiles() {
    Set<Path> files = new LinkedHashSet<>();
    files.add(paths.train());
    files.addAll(paths.adapterTrain().values());
    return files;
  }
}
