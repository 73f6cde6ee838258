package org.pocketdistill.data.assistant;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.pocketdistill.data.DataException;
import org.pocketdistill.data.Example;
import org.pocketdistill.data.GeneratorConfig;
import org.pocketdistill.data.GeneratorConfig.Language;
import org.pocketdistill.data.Message;

/**
 * Generates phone-assistant commands: an utterance of the user and the JSON function call that the
 * assistant answers with, for example "wake me up at half past six in the evening" and {@code
 * {"name":"set_alarm","arguments":{"time":"18:30"}}}.
 *
 * <p>Rows are a function of configuration and seed. Train, dev and test share neither an utterance
 * nor a combination of function and slot values; hard has phrasings and, in open slots, values that
 * the others lack (a phrasing without open slots can repeat a combination). Every row's group is
 * its language, {@code en} or {@code zh}. Stateless, hence thread-safe.
 */
public final class PhoneAssistant {
  private PhoneAssistant() {}

  /**
   * Generates the rows.
   *
   * @throws DataException if no language is asked for, a function is unknown, or more rows than can
   *     be made distinct
   */
  public static Splits generate(GeneratorConfig config, long seed) {
    Map<Language, CommandSampler> samplers = new LinkedHashMap<>();
    List<PhoneFunction> functions = PhoneFunction.named(config.functions());
    for (Language language : new TreeSet<>(config.languages())) {
      samplers.put(language, new CommandSampler(GrammarReader.read(language), functions, seed));
    }
    if (samplers.isEmpty()) {
      throw new DataException("generator: languages: the list is empty, expected en, zh or both");
    }
    // in this order, so that asking for more rows to train on leaves the rows to measure on alone
    List<Example> dev = rows(samplers, Split.DEV, config.devRows());
    List<Example> test = rows(samplers, Split.TEST, config.testRows());
    List<Example> hard = rows(samplers, Split.HARD, config.hardRows());
    return new Splits(rows(samplers, Split.TRAIN, config.trainRows()), dev, test, hard);
  }

  private static List<Example> rows(Map<Language, CommandSampler> samplers, Split split, int rows) {
    int languages = samplers.size();
    int most = (rows + languages - 1) / languages;
    Map<Language, List<Command>> commands = new LinkedHashMap<>();
    int fewest = most;
    for (Map.Entry<Language, CommandSampler> entry : samplers.entrySet()) {
      List<Command> sampled = entry.getValue().sample(split, fewest);
      commands.put(entry.getKey(), sampled);
      fewest = Math.min(fewest, sampled.size());
    }
    if (fewest < most) {
      throw exhausted(split, rows, fewest * languages, samplers.keySet());
    }
    List<Example> examples = new ArrayList<>(rows);
    for (int i = 0; examples.size() < rows; i++) {
      for (Map.Entry<Language, List<Command>> entry : commands.entrySet()) {
        if (examples.size() < rows) {
          examples.add(example(split, entry.getKey(), i, entry.getValue().get(i)));
        }
      }
    }
    return examples;
  }

  private static Example example(Split split, Language language, int index, Command command) {
    String group = language.name().toLowerCase(Locale.ROOT);
    return Example.of(
        "assistant-%s-%s-%d".formatted(split.key(), group, index),
        List.of(Message.user(command.utterance()), Message.assistant(command.call())),
        group);
  }

  private static DataException exhausted(
      Split split, int rows, int possible, Set<Language> languages) {
    return new DataException(
        ("generator: %s_rows: %d rows were asked for, but only %d distinct ones are possible with"
                + " languages %s; ask for at most that many")
            .formatted(split.key(), rows, possible, languages)
            .toLowerCase(Locale.ROOT));
  }
}
