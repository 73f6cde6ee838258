package org.pocketdistill.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.util.StringQuotingChecker;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Writes a configuration as YAML or JSON with every default filled in; {@link ConfigReader} reads
 * an equal record from it.
 */
public final class ConfigWriter {
  private static final YAMLMapper YAML =
      new YAMLMapper(
          YAMLFactory.builder()
              .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
              .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
              .disable(YAMLGenerator.Feature.SPLIT_LINES)
              .stringQuotingChecker(new QuoteUnlessPlain())
              .build());

  private ConfigWriter() {}

  /** The JSON text of a configuration record, indented, ending with a line feed. */
  public static String toJson(Record config) {
    return IndentedJson.text(new RecordType(config.getClass()).write(config));
  }

  /** The YAML text of a configuration record. */
  public static String toYaml(Record config) {
    try {
      return YAML.writeValueAsString(new RecordType(config.getClass()).write(config));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("writing " + config, e);
    }
  }

  /** Leaves quotes away only from words that no reader of YAML takes for anything but text. */
  private static final class QuoteUnlessPlain extends StringQuotingChecker {
    private static final long serialVersionUID = 1L;
    private static final Pattern WORD = Pattern.compile("[A-Za-z_./][A-Za-z0-9_./-]*");
    private static final Pattern DOTS_OR_DIGITS = Pattern.compile("[._]*[0-9._eE-]*");
    private static final Set<String> NOT_TEXT =
        Set.of("true", "false", "null", "yes", "no", "on", "off", "y", "n", ".inf", ".nan");

    @Override
    public boolean needToQuoteName(String name) {
      return needToQuoteValue(name);
    }

    @Override
    public boolean needToQuoteValue(String value) {
      return !WORD.matcher(value).matches()
          || DOTS_OR_DIGITS.matcher(value).matches()
          || NOT_TEXT.contains(value.toLowerCase(Locale.ROOT));
    }
  }
}
