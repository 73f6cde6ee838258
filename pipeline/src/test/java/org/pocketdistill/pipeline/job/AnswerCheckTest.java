package org.pocketdistill.pipeline.job;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pocketdistill.pipeline.config.GeneratedConfig.Check;

class AnswerCheckTest {
  private static final String CALL = "{\"name\": \"set_timer\", \"arguments\": {\"minutes\": 5}}";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "NONE | a | b | true",
        "NONE | a | `  ` | false",
        "FUNCTION_CALL | "
            + CALL
            + " | {\"arguments\":{\"minutes\":5.0},\"name\":\"set_timer\"} | true",
        "FUNCTION_CALL | "
            + CALL
            + " | {\"name\":\"set_timer\",\"arguments\":{\"minutes\":6}} | false",
        "FUNCTION_CALL | "
            + CALL
            + " | {\"name\":\"set_alarm\",\"arguments\":{\"minutes\":5}} | false",
        "FUNCTION_CALL | "
            + CALL
            + " | {\"name\":\"set_timer\",\"arguments\":{\"minutes\":5} | false",
        "FUNCTION_CALL | " + CALL + " | I set it. | false",
        "FUNCTION_CALL | I cannot do that. | I cannot do that. | true",
        "FUNCTION_CALL | I cannot do that. | " + CALL + " | false",
        "NUMBER | 3+4=7 #### 7 | It is 3 + 4 = 7. | true",
        "NUMBER | #### 1,234 | so 1234 dollars | true",
        "NUMBER | #### 1,234 | so 1,234.00 | true",
        "NUMBER | #### 5 | 5.0 | true",
        "NUMBER | #### 5 | 5.1 | false",
        "NUMBER | #### -5 | -5 | true",
        "NUMBER | #### -5 | 5 | false",
        "NUMBER | #### 12 | 2012 | false",
        "NUMBER | #### 12 | 12 or 13 | false",
        "NUMBER | #### 12 | none | false",
        "NUMBER | none | none | false",
        "NUMBER | #### 2 | 1,2 | true",
        "JSON | x | {\"a\": [1]} | true",
        "JSON | x | {\"a\": [1]} and | false",
        "JSON | x | {\"a\": | false",
      })
  void looksAtWhatItsNameSays(Check check, String reference, String answer, boolean passes) {
    assertThat(new AnswerCheck(check).passes(reference, answer)).isEqualTo(passes);
  }
}
