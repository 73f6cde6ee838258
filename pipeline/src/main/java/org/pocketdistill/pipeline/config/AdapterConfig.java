package org.pocketdistill.pipeline.config;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.util.List;
import org.pocketdistill.config.Checked;
import org.pocketdistill.config.Contradiction;
import org.pocketdistill.config.Inline;
import org.pocketdistill.config.Key;
import org.pocketdistill.config.Rules;

/** One LoRA adapter on the distilled student. */
public record AdapterConfig(
    @Key("name of the adapter and of its folder") String name,
    @Inline @JsonUnwrapped AdapterOptions options)
    implements Checked {

  @Override
  public List<Contradiction> contradictions() {
    return new Rules().requirePlainName(name, "name").addAll(options.contradictions()).broken();
  }
}
