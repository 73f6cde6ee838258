package org.pocketdistill.pipeline.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigDecimal;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pocketdistill.eval.metric.CallScore;
import org.pocketdistill.pipeline.config.GeneratedConfig.Check;

/** Whether a written answer is as good as the reference. */
record AnswerCheck(Check check) {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** Thousands may be set apart by commas, as in GSM8K; a hyphen after a word is no sign. */
  private static final Pattern NUMBER =
      Pattern.compile("((?<!\\p{Alnum})-)?(\\d{1,3}(,\\d{3})+(?!\\d)|\\d+)(\\.\\d+)?");

  boolean passes(String reference, String answer) {
    return !answer.isBlank()
        && switch (check) {
          case NONE -> true;
          case FUNCTION_CALL -> CallScore.of(reference, answer).exact();
          case NUMBER -> sameNumber(reference, answer);
          case JSON -> isJson(answer);
        };
  }

  private static boolean sameNumber(String reference, String answer) {
    Optional<BigDecimal> expected = lastNumber(reference);
    Optional<BigDecimal> found = lastNumber(answer);
    return expected.isPresent()
        && found.isPresent()
        && expected.get().compareTo(found.get()) == 0; // 5.0 and 5 are one number
  }

  private static Optional<BigDecimal> lastNumber(String text) {
    Matcher numbers = NUMBER.matcher(text);
    Optional<BigDecimal> last = Optional.empty();
    while (numbers.find()) {
      last = Optional.of(new BigDecimal(numbers.group().replace(",", "")));
    }
    return last;
  }

  private static boolean isJson(String text) {
    try {
      return !JSON.readTree(text).isMissingNode();
    } catch (JsonProcessingException e) {
      return false;
    }
  }
}
