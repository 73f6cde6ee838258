package org.pocketdistill.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A configuration with one key of every kind. */
record SampleConfig(
    @Key("name of the sample") String name,
    @Key(value = "seed", defaultValue = "17", min = 0) long seed,
    @Key(value = "rank", defaultValue = "8", min = 1, max = 64) int rank,
    @Key(value = "rate", min = 0, max = 1) double learningRate,
    @Key(value = "whether to pack", defaultValue = "true") boolean packing,
    @Key(value = "kind", defaultValue = "forward_kl") Kind kind,
    @Key(value = "part", defaultValue = "{}") Part part,
    @Key(value = "parts", defaultValue = "[]") List<Part> parts,
    @Key(value = "shares", defaultValue = "[0.0, 1.0]", min = 0, max = 1) List<Double> shares,
    @Key(value = "parts by name", defaultValue = "{}") Map<String, Part> named,
    @Key(value = "limit", min = 1) Optional<Integer> limit)
    implements Checked {
  enum Kind {
    FORWARD_KL,
    REVERSE_KL,
    TVD
  }

  record Part(
      @Key(value = "text of the part", defaultValue = "''") String text,
      @Key(value = "tiny", defaultValue = "1e-8", min = 0) double epsilon) {}

  @Override
  public List<Contradiction> contradictions() {
    List<Contradiction> found = new ArrayList<>();
    if (kind == Kind.TVD && rank > 16) {
      found.add(Contradiction.of("tvd goes with a rank of at most 16", "rank", "kind"));
    }
    if (limit.isPresent() && !packing) {
      found.add(Contradiction.of("limit needs packing", "limit", "packing"));
    }
    for (int i = 0; i < parts.size(); i++) {
      if (parts.get(i).text().equals(name)) {
        found.add(Contradiction.of("named like the sample", "parts." + i + ".text", "name"));
      }
    }
    return found;
  }
}
