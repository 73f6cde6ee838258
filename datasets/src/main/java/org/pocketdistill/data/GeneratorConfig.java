package org.pocketdistill.data;

import java.util.List;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Rules;

/** The generator of phone-assistant commands. */
public record GeneratorConfig(
    @Key(value = "rows to train on", defaultValue = "12000", min = 1) int trainRows,
    @Key(value = "rows to watch the loss on", defaultValue = "200", min = 1) int devRows,
    @Key(value = "rows of the test set: known phrasings and values, new combinations", min = 1)
        int testRows,
    @Key(value = "rows of the hard test set: phrasings and slot values never trained on", min = 1)
        int hardRows,
    @Key(value = "languages of the commands", defaultValue = "[en, zh]") List<Language> languages,
    @Key(
            value = "functions to call, for example [set_timer, call_contact]; default all 19",
            defaultValue = "[]")
        List<String> functions)
    implements Checked {

  @Override
  public List<Contradiction> contradictions() {
    return new Rules()
        .require(!languages.isEmpty(), "expected at least one language", "languages")
        .requireDistinct(languages, "languages")
        .requireDistinct(functions, "functions")
        .broken();
  }

  /** A language that the generator speaks. */
  public enum Language {
    EN,
    ZH
  }
}
