package org.pocketdistill.pipeline.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pocketdistill.data.DataException;
import org.pocketdistill.eval.LmEvalFiles;
import org.pocketdistill.eval.result.EvaluationResults;
import org.pocketdistill.eval.result.ModelResult;
import org.pocketdistill.eval.result.TaskResult;

/** An item that the shipped model got wrong. Texts come from data and model: trust none. */
record WrongAnswer(String task, String question, String expected, String answer) {
  private static final int PER_TASK = 8;
  private static final String NO_ANSWER = "(no answer: the trace was cut off at the token limit)";

  /** The first wrong answers of the smallest exported file in each task. */
  static List<WrongAnswer> ofShipped(Path evaluate, Optional<EvaluationResults> results)
      throws IOException {
    Optional<ModelResult> shipped = results.flatMap(Gates::shipped);
    if (shipped.isEmpty()) {
      return List.of();
    }
    List<WrongAnswer> wrong = new ArrayList<>();
    for (TaskResult task : shipped.get().tasks()) {
      Path file =
          evaluate.resolve(shipped.get().model().name()).resolve(LmEvalFiles.samplesFile(task));
      if (Files.exists(file)) {
        wrong.addAll(read(file, task));
      }
    }
    return wrong;
  }

  private static List<WrongAnswer> read(Path file, TaskResult task) throws IOException {
    List<WrongAnswer> wrong = new ArrayList<>();
    String metric = task.metrics().keySet().stream().findFirst().orElse("");
    int number = 0;
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      String line = lines.readLine();
      while (line != null && wrong.size() < PER_TASK) {
        number++;
        Optional<JsonNode> sample = JsonFiles.line(line);
        if (sample.isEmpty()) {
          throw new DataException(file + ":" + number + ": expected a JSON object");
        }
        if (JsonFiles.number(sample.get().path(metric)).filter(v -> v == 0).isPresent()) {
          wrong.add(of(sample.get(), task.alias(), metric));
        }
        line = lines.readLine();
      }
    } catch (CharacterCodingException e) {
      throw new DataException(file + ": not valid UTF-8 after line " + number, e);
    }
    return wrong;
  }

  private static WrongAnswer of(JsonNode sample, String task, String metric) {
    JsonNode doc = sample.path("doc");
    JsonNode chosen = sample.path("chosen").path(metric);
    if (chosen.isInt()) {
      JsonNode choices = doc.path("choices");
      return new WrongAnswer(
          task,
          doc.path("question").asText(),
          choices.path(doc.path("answer").asInt()).asText(),
          choices.path(chosen.asInt()).asText());
    }
    return new WrongAnswer(task, question(doc), sample.path("target").asText(), answer(sample));
  }

  private static String question(JsonNode doc) {
    JsonNode messages = doc.path("messages");
    return messages.isEmpty()
        ? doc.path("question").asText()
        : messages.path(messages.size() - 2).path("content").asText();
  }

  private static String answer(JsonNode sample) {
    return sample.path("truncated_reasoning").asBoolean()
        ? NO_ANSWER
        : sample.path("filtered_resps").path(0).asText();
  }
}
