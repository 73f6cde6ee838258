package org.pocketdistill.pipeline.config;

import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Rules;

/**
 * How fast tokens may come by temperature. The default steps are those at which a Google Pixel's
 * skin sensor reports light, moderate, severe and critical heat (39, 43, 45, 46.5 °C); the ceilings
 * are assumed.
 */
public record ThermalConfig(
    @Key(
            value =
                "thermal zones that count, as a regular expression of their type; of several the"
                    + " warmest; where there is none nothing is held back",
            defaultValue = "'(?i).*(skin|quiet|battery).*'")
        String sensors,
    @Key(
            value = "ceilings, from the coolest band to the warmest; below the first there is none",
            defaultValue =
                "[{from_celsius: 39, max_tokens_per_second: 20},"
                    + " {from_celsius: 43, max_tokens_per_second: 10},"
                    + " {from_celsius: 45, max_tokens_per_second: 5}]")
        List<ThermalBand> bands,
    @Key(
            value = "from this temperature on nothing is computed until it is cooler",
            defaultValue = "46.5",
            min = -50,
            max = 200)
        double pauseCelsius,
    @Key(
            value = "how much cooler than its beginning it must be for a band to be left",
            defaultValue = "1",
            min = 0,
            max = 20)
        double hysteresisCelsius,
    @Key(value = "seconds between two readings", defaultValue = "1", min = 0, max = 600)
        double pollSeconds,
    @Key(value = "how long a pause is", defaultValue = "{}") BackoffConfig backoff)
    implements Checked {

  public ThermalConfig {
    bands = List.copyOf(bands);
  }

  @Override
  public List<Contradiction> contradictions() {
    Rules rules = new Rules();
    try {
      Pattern.compile(sensors);
    } catch (PatternSyntaxException e) {
      rules.require(
          false,
          "'%s' is not a regular expression: %s".formatted(sensors, e.getDescription()),
          "sensors");
    }
    for (int i = 1; i < bands.size(); i++) {
      rules
          .require(
              bands.get(i).fromCelsius() > bands.get(i - 1).fromCelsius(),
              "bands go from cool to warm; this one begins no warmer than the one before it",
              "bands." + i + ".from_celsius",
              "bands." + (i - 1) + ".from_celsius")
          .require(
              bands.get(i).maxTokensPerSecond() <= bands.get(i - 1).maxTokensPerSecond(),
              "a warmer band is not faster; lower it, or raise the band before it",
              "bands." + i + ".max_tokens_per_second",
              "bands." + (i - 1) + ".max_tokens_per_second");
    }
    return rules.broken();
  }

  /** A ceiling from a temperature on, up to the next band. */
  public record ThermalBand(
      @Key(value = "temperature at which the band begins", min = -50, max = 200) double fromCelsius,
      @Key(value = "most tokens per second in it", min = 0.01) double maxTokensPerSecond) {}

  /** Pauses that grow while it does not get cooler. */
  public record BackoffConfig(
      @Key(value = "seconds until the first look", defaultValue = "1", min = 0.01, max = 600)
          double initialSeconds,
      @Key(
              value = "by what the time until the next look grows",
              defaultValue = "2",
              min = 1,
              max = 10)
          double factor,
      @Key(value = "most seconds between two looks", defaultValue = "30", min = 0.01, max = 3600)
          double maxSeconds,
      @Key(
              value =
                  "seconds after which generation goes on all the same, at the last band's ceiling",
              defaultValue = "120",
              min = 0,
              max = 86400)
          double giveUpSeconds) {}
}
